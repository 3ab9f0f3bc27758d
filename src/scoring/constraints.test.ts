import { describe, expect, it } from 'vitest';
import type { CellMeasurements } from '../core/cell.ts';
import type { Limits } from '../core/limits.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import {
  checkConstraints,
  checkText,
  type ConstraintCheck,
  gateText,
  largestGates,
  missedChecks,
} from './constraints.ts';

function measured(value: number, unit: Unit, half?: number): Measurement {
  return {
    status: 'measured',
    value,
    unit,
    n: 100,
    warnings: [],
    ...(half !== undefined && { interval: { low: value - half, high: value + half, level: 0.95, method: 'm' } }),
  };
}

const measurements: CellMeasurements = {
  accuracy: measured(0.699, 'ratio', 0.02),
  throughput: measured(10, 'items/s', 1),
  latency: measured(1200, 'ms', 50),
  memory: measured(1.5 * 2 ** 30, 'bytes'),
};

function check(constraints: Limits, pricePerHour?: number): readonly ConstraintCheck[] {
  return checkConstraints({ state: 'done', measurements }, 't', constraints, pricePerHour);
}

const told = (checks: readonly ConstraintCheck[]): readonly string[] => checks.map((each) => checkText(each));

describe('a constraint', () => {
  it('is decided by the point, and says where the interval reaches over the limit', () => {
    expect(told(check({ minAccuracy: 0.7 }))).toEqual([
      'accuracy 0.699 is below 0.700, but its interval includes the limit',
    ]);
    expect(told(check({ minAccuracy: 0.69, maxLatency: 1000, maxMemory: 2 ** 31 }))).toEqual([
      'accuracy 0.699 is at least 0.690, but its interval includes the limit',
      'memory 1.5 GiB is at most 2 GiB',
      'latency 1.2 s is above 1 s',
    ]);
    expect(check({ minAccuracy: 0.5 })[0]).toMatchObject({ isPassed: true, isSure: true });
  });

  it('without an interval is sure only where launches can hardly reach the limit', () => {
    const once: CellMeasurements = {
      ...measurements,
      latency: { status: 'measured', value: 99.9, unit: 'ms', n: 1, warnings: [{ reason: 'one_launch', detail: '' }] },
    };
    const of = (limits: Limits): readonly ConstraintCheck[] =>
      checkConstraints({ state: 'done', measurements: once }, 't', limits, undefined);
    expect(of({ maxLatency: 100 })[0]).toMatchObject({ isPassed: true, isSure: undefined });
    expect(told([...of({ maxLatency: 100 }), ...of({ maxMemory: 1.49 * 2 ** 30 })])).toEqual([
      'latency 99.9 ms is at most 100 ms, but it was measured in one launch, so it may be on either side',
      'memory 1.5 GiB is above 1.49 GiB, but it has no interval, so it may be on either side',
    ]);
    expect(of({ maxLatency: 200, maxMemory: 2 ** 31 })).toMatchObject([{ isSure: true }, { isSure: true }]);
  });

  it('on the median latency goes by other items as well as other launches', () => {
    const of = (latencyP50: Measurement, limit = 1100): ConstraintCheck | undefined =>
      checkConstraints(
        { state: 'done', measurements: { ...measurements, latencyP50 } },
        't',
        { maxLatency: limit },
        undefined,
      )[0];
    expect(of(measured(1200, 'ms', 50))).toMatchObject({ isPassed: false, isSure: true, value: 1200 });
    expect(of(measured(1190, 'ms', 150))).toMatchObject({ isPassed: false, isSure: false, value: 1200 });
    const few: Measurement = { status: 'unavailable', reason: 'too_few_requests', detail: '8 items' };
    expect(of(few)).toMatchObject({ isPassed: false, isSure: undefined, interval: undefined });
    expect(of(few, 700)).toMatchObject({ isPassed: false, isSure: true });
  });

  it('on a percentile from one launch is as doubtful as any figure from one', () => {
    const warnings = [{ reason: 'one_launch', detail: '' }] as const;
    const once = { ...measurements, latencyP95: { ...measured(100, 'ms', 5), warnings } as Measurement };
    const of = (limit: number): ConstraintCheck | undefined =>
      checkConstraints({ state: 'done', measurements: once }, 't', { maxLatencyP95: limit }, undefined)[0];
    expect(of(120)).toMatchObject({ isPassed: true, isSure: undefined });
    expect(of(200)).toMatchObject({ isPassed: true, isSure: true });
  });

  it('is kept by a value that equals the limit', () => {
    expect(missedChecks(check({ minAccuracy: 0.699, minThroughput: 10, maxLatency: 1200 }))).toEqual([]);
  });

  it('is never kept by what was not measured, nor by a cell that is not done', () => {
    expect(told(missedChecks(check({ maxLatencyP95: 100, maxPrice: 1 })))).toEqual([
      'latency p95 not measured',
      'price per 1,000 answers not measured',
    ]);
    const failed = checkConstraints({ state: 'failed', measurements }, 't', { minAccuracy: 0 }, undefined);
    expect(failed).toMatchObject([{ isPassed: false, value: undefined }]);
  });

  it('on the price takes that of an hour, with the interval turned round', () => {
    // 36 an hour are 0.01 a second: at 10 answers a second 1 for 1,000.
    const [price] = check({ maxPrice: 0.95 }, 36);
    expect(price?.value).toBeCloseTo(1, 12);
    expect(price?.interval?.low).toBeCloseTo(10 / 11, 12);
    expect(price?.interval?.high).toBeCloseTo(10 / 9, 12);
    expect(told(check({ maxPrice: 0.95 }, 36))).toEqual([
      'price per 1,000 answers 1 is above 0.95, but its interval includes the limit',
    ]);
    expect(told(check({ minThroughput: 12 }))).toEqual(['throughput 10 items/s is below 12 items/s']);
  });
});

describe('the largest gate', () => {
  it('is the strictest limit that somebody keeps beside the others, printed so that it is kept', () => {
    const constraints = { minAccuracy: 0.9, maxMemory: 2 ** 31 };
    const small = { ...measurements, accuracy: measured(0.92049, 'ratio'), memory: measured(2 ** 32 + 1, 'bytes') };
    const gates = largestGates([
      { model: 'a', checks: check(constraints) },
      {
        model: 'b',
        checks: checkConstraints({ state: 'done', measurements: small }, 't', constraints, undefined),
      },
    ]);
    expect(gates.map(gateText)).toEqual(['a at accuracy >= 0.699', 'b at memory <= 4.01 GiB']);
    const gate = { constraint: 'minAccuracy', limit: 0.9206, unit: 'ratio', model: 'c' } as const;
    expect(gateText(gate)).toBe('c at accuracy >= 0.92');
  });
});
