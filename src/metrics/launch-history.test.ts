import { expect, it } from 'vitest';
import type { PassResult } from '../core/cell.ts';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { createNormalSource, createRandom } from '../stats/random.ts';
import { launchPrior } from '../stats/launch-interval.ts';
import { launchHistory, type LaunchedModel } from './launch-history.ts';

const memory = { nowBytes: 1, isPeakReset: true, split: undefined, reservedBytes: undefined, doubt: undefined };

function passesOf(
  launch: number,
  speed: number,
  warnings: PassResult['warnings'] = [],
  isPanel = true,
): readonly PassResult[] {
  const times = Array.from({ length: 12 }, (_, at) => (100 + at) / speed);
  return [
    {
      ...briefPass,
      launch,
      window: { durationMs: 1000, items: 10 * speed, outputTokens: 0, concurrency: 2 },
      memory: { ...memory, peakBytes: 2 ** 30 },
      warnings,
    },
    {
      ...briefPass,
      pass: 'latency',
      launch,
      latencies: {
        endToEndMs: times,
        timeToFirstTokenMs: times,
        timePerOutputTokenMs: times.map(() => null),
        outputTokens: times.map(() => 0),
        ...(isPanel && { itemIds: times.map((_, at) => `item ${at}`) }),
      },
    },
  ];
}

function modelOf(speeds: readonly number[], cells = 1): LaunchedModel {
  const passes = speeds.flatMap((speed, launch) => passesOf(launch, speed));
  return { protocol: 'serving', cells: Array.from({ length: cells }, () => passes) };
}

it('knows nothing where no model was launched twice', () => {
  expect(launchHistory([])).toBeUndefined();
  expect(launchHistory([modelOf([1]), modelOf([2])])).toBeUndefined();
});

it('pools the launches of all models, whatever their own speed is', () => {
  const found = launchHistory([modelOf([1, Math.E ** 0.04]), modelOf([7, 7 * Math.E ** 0.02])]);
  // Two launches d apart have a variance of d^2 / 2.
  expect(found?.measured?.throughput).toBeCloseTo(Math.sqrt((0.04 ** 2 / 2 + 0.02 ** 2 / 2) / 2), 10);
  expect(found?.measured?.latency).toBeCloseTo(found?.measured?.throughput ?? 0, 10);
  expect(found?.measured?.launches).toBe(4);
  expect(found?.spread.degrees).toBe(6);
});

it('counts the tasks of a launch once: they share its luck', () => {
  const speeds = [1, 1.05, 0.97];
  expect(launchHistory([modelOf(speeds, 5)])).toEqual(launchHistory([modelOf(speeds, 1)]));
});

it('begins with what is assumed, and comes to what was measured', () => {
  const normal = createNormalSource(createRandom(3));
  const models = (count: number): LaunchedModel[] =>
    Array.from({ length: count }, () => modelOf([0, 1, 2].map(() => Math.exp(0.02 * normal()))));
  const few = launchHistory(models(1))?.spread.throughput ?? 0;
  const many = launchHistory(models(60))?.spread.throughput ?? 0;
  expect(few).toBeGreaterThan(0.03);
  expect(few).toBeLessThanOrEqual(launchPrior.throughput);
  expect(many).toBeGreaterThan(0.018);
  expect(many).toBeLessThan(0.025);
});

it('leaves out launches that others disturbed', () => {
  const disturbed = { reason: 'host_busy', detail: 'others took CPU' } as const;
  const passes = [...passesOf(0, 1), ...passesOf(1, 1.02), ...passesOf(2, 0.3, [disturbed])];
  const found = launchHistory([{ protocol: 'serving', cells: [passes] }]);
  expect(found?.measured).toEqual({ ...launchHistory([modelOf([1, 1.02])])?.measured });
});

it('leaves out launches that asked other items than one another, as earlier versions did', () => {
  const passes = [...passesOf(0, 1, [], false), ...passesOf(1, 1.1, [], false)];
  expect(launchHistory([{ protocol: 'serving', cells: [passes] }])).toBeUndefined();
});
