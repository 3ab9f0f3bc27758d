import { expect, it } from 'vitest';
import { cell, compared } from '../../test/setup/compared-cells.ts';
import { pairedLatency } from './paired-latency.ts';

/** Items that take very different times; a side is slower by a factor, and its launches by theirs. */
function side(items: readonly string[], factor: number, launches: readonly number[]) {
  return launches.map((launch) => new Map(items.map((id, index) => [id, 100 * 2 ** (index % 7) * factor * launch])));
}

const ids = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `i${index + from}`);

it('finds a small difference where items differ a lot', () => {
  const a = side(ids(24), 1, [1, 1.01, 0.99]);
  const b = side(ids(24), 1.1, [1, 0.99, 1.01]);
  const found = pairedLatency(a, b, 1000);
  expect(found?.ratio).toBeCloseTo(1.1, 6);
  expect(found?.items).toBe(24);
  expect(found?.interval?.low).toBeGreaterThan(1.05);
  expect(found?.interval?.method).toBe('t over 3 and 3 launches, over 24 items of both');
});

it('takes the items alone that both asked in every launch', () => {
  const found = pairedLatency(side(ids(24), 1, [1, 1.01]), side(ids(24, 14), 2, [1, 1.01]), 1000);
  expect(found?.items).toBe(10);
  expect(pairedLatency(side(ids(24), 1, [1, 1.01]), side(ids(24, 17), 2, [1, 1.01]), 1000)).toBeUndefined();
  expect(pairedLatency([], side(ids(24), 2, [1, 1.01]), 1000)).toBeUndefined();
});

it('is less sure where some items ask more of one model than of the other, and as sure as launches allow of all items', () => {
  const a = side(ids(24), 1, [1, 1.01, 0.99]);
  const b = side(ids(24), 1, [1, 0.99, 1.01]).map(
    (launch) => new Map([...launch].map(([id, ms], index) => [id, ms * (index % 2 === 0 ? 1.2 : 1 / 1.2)])),
  );
  const width = (benchmark: number): number => Math.log(pairedLatency(a, b, benchmark)?.interval?.high ?? 0);
  const even = Math.log(pairedLatency(a, side(ids(24), 1, [1, 0.99, 1.01]), 1000)?.interval?.high ?? 0);
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

it('says why a percentile of launches is missing', () => {
  const reason = 'not every launch has the 130 requests that p95 needs';
  const few = { latencyP95: { unit: 'ms', values: [], reason } } as const;
  const found = compared(cell(30, 40, { launches: few }), cell(30, 40)).metrics.find(
    ({ metric }) => metric === 'latencyP95',
  );
  expect(found).toMatchObject({ verdict: 'unknown', reason: `A: ${reason}` });
});
