import { describe, expect, it } from 'vitest';
import type { CellMeasurements, PassResult } from '../core/cell.ts';
import { costMeasurements } from './cost-measurements.ts';
import { launchEvidence, mergeWarnings } from './launches.ts';
import { servingMeasurements } from './performance.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import { barePass } from '../../test/setup/bare-pass.ts';

const host = { ...quietHost, engineCpuMs: 1, parentCpuMs: 1, eventLoopDelayP99Ms: 1 };

function pass(name: PassResult['pass'], index: number, change: Partial<PassResult> = {}): PassResult {
  return {
    ...barePass,
    pass: name,
    launch: index,
    startedAtMs: 0,
    durationMs: 2000,
    concurrency: 2,
    requests: 40,
    failedRequests: 0,
    promptTokens: 100,
    outputTokens: 400,
    reusedTokens: 0,
    host,
    framesDrawn: 0,
    warnings: [],
    ...change,
  };
}

function launch(index: number, requests: number): readonly PassResult[] {
  const times = Array.from({ length: requests }, (_, request) => 100 + 10 * index + request);
  return [
    pass('throughput', index, {
      window: { durationMs: 1000, items: 10 + index, outputTokens: 100 + index, concurrency: 2 },
      memory: {
        nowBytes: 1,
        peakBytes: 1000 + index,
        isPeakReset: true,
        split: undefined,
        reservedBytes: undefined,
        doubt: undefined,
      },
    }),
    pass('latency', index, {
      latencies: {
        endToEndMs: times,
        timeToFirstTokenMs: times.map((time) => time / 2),
        timePerOutputTokenMs: times.map((time, request) => (request === 0 ? null : time / 10)),
        outputTokens: times.map(() => 5),
      },
    }),
  ];
}

const noAccuracy = { status: 'unavailable', reason: 'x', detail: 'x' } as const;
const generate = { kind: 'generate', category: 'generation' } as never;
const measured = (
  measurements: CellMeasurements,
  name: 'throughput' | 'latency' | 'memory' | 'outputTokensPerSecond' | 'timeToFirstTokenP50' | 'timePerOutputTokenP50',
): number | undefined => {
  const found = measurements[name];
  return found === undefined || found.status === 'unavailable' ? undefined : found.value;
};

describe('launchEvidence', () => {
  it('is what the measurements of a cell are the means of', () => {
    const passes = [0, 1, 2].flatMap((index) => launch(index, 11));
    const measurements = servingMeasurements(generate, passes);
    const evidence = launchEvidence(measurements, 'serving', passes);
    for (const name of [
      'throughput',
      'latency',
      'memory',
      'outputTokensPerSecond',
      'timeToFirstTokenP50',
      'timePerOutputTokenP50',
    ] as const) {
      const values = evidence[name]?.values ?? [];
      expect(values).toHaveLength(3);
      const mean = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / 3);
      expect([name, mean]).toEqual([name, expect.closeTo(measured(measurements, name) ?? 0, 9)]);
    }
    expect(evidence.throughput).toEqual({ unit: 'items/s', values: [10, 11, 12] });
  });

  it('has a 95th percentile of launches that have 130 requests each', () => {
    const evidenceOf = (...requests: readonly number[]) => {
      const passes = requests.flatMap((count, index) => launch(index, count));
      return launchEvidence(servingMeasurements(generate, passes), 'serving', passes).latencyP95;
    };
    expect(evidenceOf(40, 40)).toBeUndefined();
    // All of them together are enough for one figure, but not for one of each launch.
    for (const requests of [
      [44, 44, 44],
      [130, 130, 129],
    ]) {
      expect(evidenceOf(...requests)).toEqual({
        unit: 'ms',
        values: [],
        reason:
          'not every launch has the 130 requests that p95 needs (latencyRequests, and enough latencySeconds for them)',
      });
    }
    const p95 = (index: number): number => 100 + 10 * index + 0.95 * 129;
    expect(evidenceOf(130, 130)?.values).toEqual([0, 1].map((index) => expect.closeTo(p95(index), 9)));
  });

  it('never counts failed requests as throughput under the paper protocol', () => {
    const passes = [pass('accuracy', 0, { requests: 40, failedRequests: 30, outputTokens: 100, durationMs: 2000 })];
    const items = launchEvidence({}, 'paper', passes).throughput;
    expect(items).toEqual({ unit: 'items/s', values: [5] });
    const tokens = { status: 'measured', value: 1, unit: 'tokens/s', n: 1, warnings: [] } as const;
    expect(launchEvidence({ throughput: tokens }, 'paper', passes).throughput?.values).toEqual([50]);
  });

  it('has energy and price by launch where they were measured', () => {
    const passes = [0, 1, 2].flatMap((index) => launch(index, 3));
    const used = passes.map((each) => ({
      ...each,
      host: { ...host, energy: { parts: [{ id: 'a', kind: 'gpu' as const, joules: 80 }], durationMs: 2000, gaps: [] } },
    }));
    const costs = costMeasurements('serving', used, noAccuracy, 3.6);
    const evidence = launchEvidence(costs, 'serving', used);
    expect(evidence.energyPerItem).toEqual({ unit: 'J/item', values: [2, 2, 2] });
    // 3.6 an hour is 1 for a thousand seconds.
    const prices = evidence.pricePerThousand?.values ?? [];
    expect(prices).toEqual([1 / 10, 1 / 11, 1 / 12].map((price) => expect.closeTo(price, 12)));
    const gap = { status: 'unavailable', reason: 'energy_gap', detail: 'x' } as const;
    expect(launchEvidence({ energyPerItem: gap }, 'serving', used).energyPerItem?.values).toEqual([]);
    expect(launchEvidence({}, 'serving', used)).not.toHaveProperty('energyPerItem');
  });

  it('counts per device, and leaves out launches without a window', () => {
    const [first] = launch(0, 3);
    const passes = [{ ...(first as PassResult), devices: 2 }, pass('throughput', 1)];
    expect(launchEvidence({}, 'serving', passes).throughput?.values).toEqual([5]);
  });

  it('has one launch under the paper protocol, in the unit of the task', () => {
    const passes = [
      pass('accuracy', 0, {
        memory: {
          nowBytes: 1,
          peakBytes: 7,
          isPeakReset: true,
          split: undefined,
          reservedBytes: undefined,
          doubt: undefined,
        },
      }),
    ];
    const tokens: CellMeasurements = {
      throughput: { status: 'measured', value: 1, unit: 'tokens/s', n: 1, warnings: [] },
    };
    expect(launchEvidence(tokens, 'paper', passes)).toEqual({
      throughput: { unit: 'tokens/s', values: [200] },
      memory: { unit: 'bytes', values: [7] },
    });
    expect(launchEvidence({}, 'paper', passes).throughput).toEqual({ unit: 'items/s', values: [20] });
  });

  it('counts no request that failed, under the paper protocol either', () => {
    const failing = pass('accuracy', 0, { requests: 30, failedRequests: 10, durationMs: 1000 });
    expect(launchEvidence({}, 'paper', [failing]).throughput?.values).toEqual([20]);
  });
});

describe('warnings of several passes', () => {
  const busy = (share: number | undefined) =>
    ({ reason: 'host_busy', detail: `others took ${share}`, ...(share !== undefined && { share }) }) as const;

  it('are one for each reason, with the share of the busiest window', () => {
    const short = { reason: 'short_window', detail: '1 s' } as const;
    const passes = [[busy(0.1), short], [], [busy(0.4)], [busy(0.2)]].map((warnings) => ({ warnings }));
    expect(mergeWarnings(passes)).toEqual([
      { reason: 'host_busy', detail: 'others took 0.4 (in 3 of 4 passes)', share: 0.4 },
      short,
    ]);
  });

  it('are read as they were stored before there was a share', () => {
    const passes = [[busy(undefined)], [busy(undefined)]].map((warnings) => ({ warnings }));
    expect(mergeWarnings(passes)).toEqual([
      { reason: 'host_busy', detail: 'others took undefined (in 2 of 2 passes)' },
    ]);
  });
});
