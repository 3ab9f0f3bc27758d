import { describe, expect, it } from 'vitest';
import type { PassResult } from '../../core/cell.ts';
import { parseLimit } from '../../core/limits.ts';
import { mostProbes } from './highest-load.ts';
import { isLoadLimit, judgeLoad, limitedTimes, lookSizes } from './probe-load.ts';

const options = { limit: parseLimit('ttft p95 <= 500ms'), level: 0.95, probes: mostProbes(64) };
const even = (count: number, from: number, to: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));

describe('a probe', () => {
  it('is within, beyond or unclear by the bounds of the percentile', () => {
    expect(judgeLoad(4, even(300, 100, 400), options)).toMatchObject({ verdict: 'within', isValueWithin: true });
    expect(judgeLoad(4, even(300, 300, 900), options)).toMatchObject({ verdict: 'beyond', isValueWithin: false });
    const unclear = judgeLoad(4, even(300, 100, 515), options);
    expect(unclear).toMatchObject({ concurrency: 4, requests: 300, verdict: 'unclear', isValueWithin: true });
    expect(unclear.low).toBeLessThan(500);
    expect(unclear.high).toBeGreaterThan(500);
  });

  it('takes many requests to be within, and few to be beyond', () => {
    const [first = 0, second = 0] = lookSizes(options);
    expect(judgeLoad(1, even(second - 1, 100, 101), options).verdict).toBe('unclear');
    expect(judgeLoad(1, even(second, 100, 101), options).verdict).toBe('within');
    expect(judgeLoad(1, even(first, 600, 601), options)).toMatchObject({ verdict: 'beyond', high: undefined });
    expect(judgeLoad(1, [], options)).toMatchObject({ verdict: 'unclear', isValueWithin: false, value: undefined });
  });

  it('counts a failed request as one that took for ever, whatever the time', () => {
    const pass = {
      failedRequests: 60,
      latencies: { endToEndMs: [900], timeToFirstTokenMs: even(300, 100, 200), timePerOutputTokenMs: [null, 7] },
    } as unknown as PassResult;
    const times = limitedTimes([pass], options);
    expect(times).toHaveLength(360);
    expect(judgeLoad(4, times, options)).toMatchObject({
      verdict: 'beyond',
      value: undefined,
      low: undefined,
      high: undefined,
    });
    const ofTokens = { ...options, limit: parseLimit('tpot p50 <= 10') };
    expect(limitedTimes([{ ...pass, failedRequests: 0 }], ofTokens)).toEqual([7]);
    expect(
      limitedTimes([{ ...pass, failedRequests: 0 }], { ...options, limit: parseLimit('latency p50 <= 1s') }),
    ).toEqual([900]);
  });
});

it('is on percentiles of times alone', () => {
  const names = ['ttft p95 <= 1s', 'tpot p50 <= 9', 'e2el p99 <= 1', 'latency p90 <= 1'].map(
    (text) => parseLimit(text).name,
  );
  expect(names.every(isLoadLimit)).toBe(true);
  expect(isLoadLimit('maxLatency')).toBe(false);
  expect(isLoadLimit('maxMemory')).toBe(false);
});
