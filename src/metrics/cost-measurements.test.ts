import { describe, expect, it } from 'vitest';
import type { PassResult } from '../core/cell.ts';
import type { EnergyWindow } from '../core/meter.ts';
import type { Measurement } from '../core/measurement.ts';
import type { Task } from '../core/task.ts';
import { costMeasurements } from './cost-measurements.ts';
import { paperMeasurements } from './performance.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import { barePass } from '../../test/setup/bare-pass.ts';

const accuracy: Measurement = { status: 'measured', value: 0.5, unit: 'ratio', n: 100, warnings: [] };

function energy(joules: number, gaps: readonly string[] = []): EnergyWindow {
  const parts = [
    { id: 'GPU-a', kind: 'gpu' as const, joules: joules * 0.75 },
    { id: 'package-0', kind: 'cpu' as const, joules: joules * 0.25 },
  ];
  return { parts, durationMs: 10_000, gaps };
}

function pass(launch: number, change: Partial<PassResult> & { readonly used?: EnergyWindow } = {}): PassResult {
  const { used, ...rest } = change;
  return {
    ...barePass,
    pass: 'throughput',
    launch,
    startedAtMs: 0,
    durationMs: 10_000,
    concurrency: 4,
    requests: 110,
    failedRequests: 10,
    promptTokens: 0,
    outputTokens: 0,
    reusedTokens: 0,
    window: { durationMs: 8000, items: 80, outputTokens: 0, concurrency: 4 },
    host: { ...quietHost, durationMs: 10_000, ...(used !== undefined && { energy: used }) },
    framesDrawn: 0,
    warnings: [],
    ...rest,
  };
}

describe('energy', () => {
  it('is counted per answer, and per correct one', () => {
    const passes = [pass(0, { used: energy(400) }), pass(1, { used: energy(400) })];
    const { energyPerItem, energyPerCorrect } = costMeasurements('serving', passes, accuracy, undefined);
    expect(energyPerItem).toMatchObject({ status: 'measured', unit: 'J/item', n: 2 });
    expect(energyPerItem).toHaveProperty('value', expect.closeTo(4, 9));
    // Two launches that agree: t(0.975, 1) = 12.70620474 times the least deviation that is believed.
    const least = Math.exp((-12.70620474 * 0.005) / Math.SQRT2);
    expect(energyPerCorrect).toMatchObject({ status: 'derived', from: 'energy of GPU and CPU, accuracy' });
    expect(energyPerCorrect).toHaveProperty('value', expect.closeTo(8, 9));
    expect(energyPerCorrect).toHaveProperty('interval.low', expect.closeTo(8 * least, 6));
  });

  it('is unavailable where readings are missing, or nothing was right', () => {
    const gap = costMeasurements('serving', [pass(0, { used: energy(1, ['GPU-a: no reading for 4 s']) })], accuracy, 1);
    expect(gap.energyPerItem).toEqual({
      status: 'unavailable',
      reason: 'energy_gap',
      detail: 'GPU-a: no reading for 4 s',
    });
    expect(gap.energyPerCorrect).toEqual(gap.energyPerItem);
    const cpuAlone = { ...energy(30), parts: [{ id: 'package-0', kind: 'cpu', joules: 30 }] } as const;
    const parts = costMeasurements(
      'serving',
      [pass(0, { used: energy(400) }), pass(1, { used: cpuAlone })],
      accuracy,
      1,
    );
    expect(parts.energyPerItem).toMatchObject({ status: 'unavailable', reason: 'energy_gap' });
    const once = costMeasurements('serving', [pass(0, { used: energy(400) }), pass(1, {})], accuracy, 1);
    expect(once.energyPerItem).toMatchObject({ status: 'unavailable', reason: 'energy_gap' });
    const wrong = costMeasurements('serving', [pass(0, { used: energy(1) })], { ...accuracy, value: 0 }, undefined);
    expect(wrong.energyPerCorrect).toMatchObject({ status: 'unavailable', reason: 'no_correct_answers' });
  });

  it('is absent where nothing tells it', () => {
    expect(costMeasurements('serving', [pass(0)], accuracy, undefined)).toEqual({});
    expect(costMeasurements('serving', [], accuracy, 5)).toEqual({});
  });
});

describe('several GPUs', () => {
  it('share the throughput of the paper protocol, and have one latency', () => {
    const task = { category: 'generation' } as Task;
    const passes = [pass(0, { pass: 'accuracy', outputTokens: 80_000, devices: 8 })];
    expect(paperMeasurements(task, passes)).toMatchObject({
      throughput: { value: 1000, unit: 'tokens/s' },
      latency: { value: 0.125, unit: 'ms/token', status: 'derived' },
    });
  });
});

describe('the price of 1,000 answers', () => {
  it('comes from the price of an hour and throughput per device', () => {
    // 10 items/s on 4 GPUs at 1.80 each: 4 x 1.80 / 36,000 items x 1000.
    const { pricePerThousand } = costMeasurements('serving', [pass(0, { devices: 4 })], accuracy, 1.8);
    expect(pricePerThousand).toMatchObject({ status: 'derived', unit: 'price/1000 items' });
    expect(pricePerThousand).toHaveProperty('value', expect.closeTo(0.2, 9));
  });

  it('turns the interval of throughput round', () => {
    const passes = [80, 100, 90].map((items, launch) =>
      pass(launch, { window: { durationMs: 8000, items, outputTokens: 0, concurrency: 4 } }),
    );
    const { pricePerThousand } = costMeasurements('serving', passes, accuracy, 1);
    if (pricePerThousand === undefined || pricePerThousand.status === 'unavailable') throw new Error('no price');
    // Computed independently in Python: geometric mean of 10, 12.5 and 11.25 items/s, t of 2 degrees on the logarithms.
    const { value, interval } = pricePerThousand;
    expect(value).toBeCloseTo(0.024793812966, 11);
    expect(interval?.low).toBeCloseTo(0.018789371491, 11);
    expect(interval?.high).toBeCloseTo(0.032717068885, 11);
  });

  it('under the paper protocol counts answers, not tokens', () => {
    const passes = [pass(0, { pass: 'accuracy', outputTokens: 1_000_000 })];
    expect(costMeasurements('paper', passes, accuracy, 36).pricePerThousand).toHaveProperty(
      'value',
      expect.closeTo(1, 9),
    );
  });
});
