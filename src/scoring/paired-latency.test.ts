import { describe, expect, it } from 'vitest';
import { cell, compared } from '../../test/setup/compared-cells.ts';
import type { Measurement } from '../core/measurement.ts';
import { createNormalSource, createRandom } from '../stats/random.ts';
import type { CellEvidence } from './compare-cells.ts';
import { gateChecks } from './gate.ts';
import { pairedLatency, pairedTail } from './paired-latency.ts';

/** Items that take very different times; a side is slower by a factor, and its launches by theirs. */
function side(items: readonly string[], factor: number, launches: readonly number[]) {
  return launches.map((launch) => new Map(items.map((id, index) => [id, 100 * 2 ** (index % 7) * factor * launch])));
}

const ids = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `i${index + from}`);

it('finds a small difference where items differ a lot', () => {
  const a = side(ids(24), 1, [1, 1.01, 0.99]);
  const b = side(ids(24), 1.1, [1, 0.99, 1.01]);
  const found = pairedLatency(a, b, { benchmark: 1000 });
  expect(found?.ratio).toBeCloseTo(1.1, 6);
  expect(found?.items).toBe(24);
  expect(found?.interval?.low).toBeGreaterThan(1.05);
  expect(found?.interval?.method).toBe('t over 3 and 3 launches, over 24 items of both');
});

it('takes the items alone that both asked in every launch', () => {
  const found = pairedLatency(side(ids(24), 1, [1, 1.01]), side(ids(24, 14), 2, [1, 1.01]), { benchmark: 1000 });
  expect(found?.items).toBe(10);
  expect(
    pairedLatency(side(ids(24), 1, [1, 1.01]), side(ids(24, 17), 2, [1, 1.01]), { benchmark: 1000 }),
  ).toBeUndefined();
  expect(pairedLatency([], side(ids(24), 2, [1, 1.01]), { benchmark: 1000 })).toBeUndefined();
});

it('is less sure where some items ask more of one model than of the other, and as sure as launches allow of all items', () => {
  const a = side(ids(24), 1, [1, 1.01, 0.99]);
  const b = side(ids(24), 1, [1, 0.99, 1.01]).map(
    (launch) => new Map([...launch].map(([id, ms], index) => [id, ms * (index % 2 === 0 ? 1.2 : 1 / 1.2)])),
  );
  const width = (benchmark: number): number => Math.log(pairedLatency(a, b, { benchmark })?.interval?.high ?? 0);
  const even = Math.log(pairedLatency(a, side(ids(24), 1, [1, 0.99, 1.01]), { benchmark: 1000 })?.interval?.high ?? 0);
  expect(width(24)).toBeCloseTo(even, 9);
  // 1.96 x 0.1862 / sqrt(24), of which 976 / 1000 are unknown.
  expect(width(1000)).toBeCloseTo(Math.hypot(even, 0.0736), 3);
});

it('is what compare says of latency, beside the medians of each side', () => {
  const launches = { latency: { unit: 'ms', values: [100, 101, 99] } } as const;
  const [a, b] = [
    cell(30, 40, { launches, latencyItems: side(ids(24), 1, [1, 1.01, 0.99]) }),
    cell(30, 40, { launches, latencyItems: side(ids(24), 1.2, [1, 1.01, 0.99]) }),
  ];
  const latency = compared(a, b).metrics.find(({ metric }) => metric === 'latency');
  expect(latency).toMatchObject({ verdict: 'worse', test: 't over 3 and 3 launches, over 24 items of both' });
  expect(latency?.change).toBeCloseTo(1.2, 6);
  expect(latency?.a?.value).toBeCloseTo(100, 1);
  const old = compared(cell(30, 40, { launches }), b).metrics.find(({ metric }) => metric === 'latency');
  expect(old).toMatchObject({ change: 1, verdict: 'no_clear_difference', test: 't over 3 and 3 launches' });
});

it('goes by the medians of launches where some of them, of an older version, do not tell their items', () => {
  const launches = { latency: { unit: 'ms', values: [100, 101, 99] } } as const;
  const older = cell(30, 40, { launches, latencyItems: side(ids(24), 1, [1]) });
  const whole = cell(30, 40, { launches, latencyItems: side(ids(24), 1, [1, 1.01, 0.99]) });
  for (const pair of [compared(older, whole), compared(whole, older)])
    expect(pair.metrics.find(({ metric }) => metric === 'latency')).toMatchObject({
      verdict: 'no_clear_difference',
      test: 't over 3 and 3 launches',
    });
});

describe('the ratio of 95th percentiles', () => {
  const normal = createNormalSource(createRandom(5));
  const own = ids(200).map(() => 0.5 * normal());
  const other = ids(200).map(() => 0.5 * normal());
  const of = (logs: readonly number[], factor: number) =>
    [1, 1.01, 0.99].map(
      (launch) => new Map(ids(200).map((id, index) => [id, factor * launch * Math.exp(logs[index] ?? 0)])),
    );
  const halfOf = (found: ReturnType<typeof pairedTail>): number =>
    Math.log((found?.interval?.high ?? 0) / (found?.ratio ?? 1));

  it('is as sure as launches are where items ask alike of both, or all of them were asked', () => {
    const alike = pairedTail(of(own, 1), of(own, 1.2), { benchmark: 10_000 });
    expect(alike?.ratio).toBeCloseTo(1.2, 9);
    const unlike = pairedTail(of(own, 1), of(other, 1.2), { benchmark: 200 });
    expect(halfOf(unlike)).toBeCloseTo(halfOf(alike), 9);
  });

  it('is less sure where items ask more of one than of the other', () => {
    const [all, some] = [200, 10_000].map((benchmark) => halfOf(pairedTail(of(own, 1), of(other, 1.2), { benchmark })));
    // Of each percentile the error is about 0.5 sqrt(0.05 x 0.95 / 200) / 0.103 = 0.075.
    const ofItems = Math.sqrt((some ?? 0) ** 2 - (all ?? 0) ** 2) / 1.96;
    expect(ofItems).toBeGreaterThan(0.06);
    expect(ofItems).toBeLessThan(0.16);
    expect(pairedTail(of(own, 1), of(other, 1.2), { benchmark: 10_000 })?.interval).toEqual(
      pairedTail(of(own, 1), of(other, 1.2), { benchmark: 10_000 })?.interval,
    );
  });

  it('needs as many items of both as a percentile does, and is what compare and gates say', () => {
    const few = (side_: ReturnType<typeof of>) => side_.map((launch) => new Map([...launch].slice(0, 129)));
    expect(pairedTail(few(of(own, 1)), few(of(own, 1)), { benchmark: 1000 })).toBeUndefined();
    const launches = { latencyP95: { unit: 'ms', values: [230, 231, 229] } } as const;
    const [a, b] = [own, other].map((logs) => cell(600, 1000, { launches, latencyItems: of(logs, 1) })) as [
      ReturnType<typeof cell>,
      ReturnType<typeof cell>,
    ];
    const found = compared(a, b).metrics.find(({ metric }) => metric === 'latencyP95');
    expect(found?.test).toBe('t over 3 and 3 launches, over 200 items of both');
    const [check] = gateChecks([compared(a, b)], () => ({ maxLatencyP95Rise: 0.05 }));
    expect(check?.outcome).toBe('inconclusive');
  });
});

describe('a limit on a latency', () => {
  const measured = (low: number, high: number): Measurement => ({
    status: 'measured',
    value: 100,
    unit: 'ms',
    n: 130,
    interval: { low, high, level: 0.95, method: 'order statistics, t over 3 launches' },
    warnings: [],
  });
  const launches = {
    latency: { unit: 'ms', values: [100, 101, 99] },
    latencyP95: { unit: 'ms', values: [100, 101, 99] },
  } as const;
  const limits = { maxLatency: 110, maxLatencyP95: 110 };
  const outcomes = (change: Partial<CellEvidence>) =>
    gateChecks([compared(cell(7, 10), cell(7, 10, { launches, ...change }))], () => limits);

  it('goes by other items as well as other launches', () => {
    const wide = { latencyP50: measured(85, 115), latencyP95: measured(85, 115) };
    expect(outcomes({ measurements: wide }).map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive']);
    const narrow = { latencyP50: measured(95, 105), latencyP95: measured(95, 105) };
    expect(outcomes({ measurements: narrow }).map(({ outcome }) => outcome)).toEqual(['pass', 'pass']);
    expect(outcomes({}).map(({ outcome }) => outcome)).toEqual(['pass', 'pass']);
  });

  it('decides nothing from too few items, or from one launch', () => {
    const detail = '8 items; p50 needs at least 11 (latencyRequests, and enough latencySeconds for them)';
    const few = { latencyP50: { status: 'unavailable', reason: 'too_few_requests', detail } } as const;
    expect(outcomes({ measurements: few })[0]).toMatchObject({
      outcome: 'inconclusive',
      estimate: expect.closeTo(100, 1) as number,
      notes: [detail],
    });
    const once = { latency: { unit: 'ms', values: [100] } } as const;
    const [check] = outcomes({ launches: once, measurements: { latencyP50: measured(95, 105) } });
    expect(check).toMatchObject({ outcome: 'inconclusive', interval: undefined });
  });
});

it('says why a percentile of launches is missing', () => {
  const reason =
    'not every launch has the 130 requests that p95 needs (latencyRequests, and enough latencySeconds for them)';
  const few = { latencyP95: { unit: 'ms', values: [], reason } } as const;
  const found = compared(cell(30, 40, { launches: few }), cell(30, 40)).metrics.find(
    ({ metric }) => metric === 'latencyP95',
  );
  expect(found).toMatchObject({ verdict: 'unknown', reason: `A: ${reason}` });
});

it('says nothing of two that were timed on other items', () => {
  const timed = (from: number) => [100, 101].map((ms) => new Map(ids(10, from).map((id) => [id, ms])));
  const launches = { latency: { unit: 'ms', values: [100, 101] } } as const;
  const verdict = (from: number) =>
    compared(
      cell(30, 40, { launches, latencyItems: timed(0) }),
      cell(30, 40, { launches, latencyItems: timed(from) }),
    ).metrics.find(({ metric }) => metric === 'latency');
  expect(verdict(5)).toMatchObject({ verdict: 'unknown', reason: 'the two were timed on other items' });
  expect(verdict(2)).toMatchObject({ verdict: 'no_clear_difference' });
});
