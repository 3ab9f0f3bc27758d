import { describe, expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import type { LatencyRecord, PassResult } from '../core/cell.ts';
import { createNormalSource, createRandom } from '../stats/random.ts';
import { latencyPercentile } from './item-latencies.ts';

function record(times: Readonly<Record<string, number>>, weights?: readonly number[]): LatencyRecord {
  const endToEndMs = Object.values(times);
  return {
    endToEndMs,
    timeToFirstTokenMs: endToEndMs,
    timePerOutputTokenMs: endToEndMs,
    outputTokens: endToEndMs.map(() => 1),
    itemIds: Object.keys(times),
    ...(weights !== undefined && { weights }),
  };
}

const passOf = (latencies: LatencyRecord): PassResult => ({ ...briefPass, pass: 'latency', latencies });

/** The same items in several launches; a launch is slower or faster as a whole. */
function launchesOf(items: readonly number[], factors: readonly number[]): readonly (readonly PassResult[])[] {
  return factors.map((factor) => [
    passOf(record(Object.fromEntries(items.map((ms, index) => [`i${index}`, ms * factor])))),
  ]);
}

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `i${index}`);

describe('a percentile of latency', () => {
  it('counts an item once, however many launches asked it', () => {
    const items = Array.from({ length: 24 }, (_, index) => 100 + index);
    const launches = launchesOf(items, [1, 1.1, 0.9]);
    expect(latencyPercentile(launches, 0.9, 'items', [])).toEqual({
      status: 'unavailable',
      reason: 'too_few_requests',
      detail: '24 items; p90 needs at least 64 (latencyRequests, and enough latencySeconds for them)',
    });
    expect(latencyPercentile(launches, 0.5, 'items', [])).toMatchObject({ status: 'measured', n: 24, warnings: [] });
  });

  it('is of requests, not of items: what requests of one item differ by counts, however many launches there are', () => {
    const normal = createNormalSource(createRandom(7));
    const tailOf = (count: number): number => {
      const times = () => record(Object.fromEntries(ids(400).map((id) => [id, Math.exp(0.3 * normal())])));
      const launches = Array.from({ length: count }, () => [passOf(times())]);
      const found = latencyPercentile(launches, 0.95, 'items', []);
      return 'value' in found ? found.value : 0;
    };
    // exp(0.3 x 1.645); means of three requests would have 1.33.
    for (const count of [1, 3, 12]) expect(Math.abs(tailOf(count) / 1.638 - 1), `${count} launches`).toBeLessThan(0.06);
  });

  it('counts an item that was not asked in every launch as much as the others', () => {
    const often = record(Object.fromEntries(ids(12).map((id, index) => [id, index + 1])));
    const once = record(Object.fromEntries(ids(16).map((id, index) => [`other ${id}`, index + 101])));
    const found = latencyPercentile(
      [[passOf(often), passOf(once)], [passOf(often)], [passOf(often)]],
      0.5,
      'items',
      [],
    );
    expect(found).toMatchObject({ n: 28 });
    expect('value' in found && found.value).toBeGreaterThan(100);
  });

  it('weighs items by what they stand for', () => {
    const times = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`i${index}`, index + 1]));
    const heavy = Array.from({ length: 12 }, (_, index) => (index >= 8 ? 10 : 1));
    const found = latencyPercentile([[passOf(record(times, heavy))]], 0.5, 'items', []);
    expect('value' in found && found.value).toBeGreaterThan(9);
  });

  it('takes the requests of all passes of a launch, and those of records without items, as they are', () => {
    const few = { ...record({ a: 1, b: 2 }) };
    const more = record(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`m${index}`, 3])));
    expect(latencyPercentile([[passOf(few), passOf(more)]], 0.5, 'items', [])).toMatchObject({
      n: 12,
      value: expect.closeTo(3, 9) as number,
    });
    const { itemIds: _, ...old } = more;
    expect(latencyPercentile([[passOf(old)], [passOf(old)]], 0.5, 'requests', [])).toMatchObject({ n: 20 });
  });

  it('has an interval from the items, and says where launches are unknown', () => {
    const items = Array.from({ length: 130 }, (_, index) => index + 1);
    const found = latencyPercentile(launchesOf(items, [1]), 0.95, 'items', []);
    expect(found).toMatchObject({
      interval: {
        low: expect.closeTo(117, 6) as number,
        high: expect.closeTo(130, 6) as number,
        method: 'order statistics',
      },
      warnings: [{ reason: 'one_launch' }],
    });
    expect(latencyPercentile(launchesOf(items, [1, 1.02, 0.98]), 0.95, 'items', [])).toMatchObject({
      interval: { method: 'order statistics, t over 3 launches' },
    });
  });

  it('covers the true percentile in at least 95 % of simulated runs', () => {
    const normal = createNormalSource(createRandom(20_261_129));
    let covered = 0;
    const runs = 300;
    for (let run = 0; run < runs; run += 1) {
      // Items differ by 0.8 and requests of one by 0.6: together by 1.
      const items = Array.from({ length: 130 }, () => 0.8 * normal());
      const launches = [0, 0, 0].map(() => {
        const launch = 0.05 * normal();
        const times = items.map((item) => Math.exp(item + 0.6 * normal() + launch));
        return [passOf(record(Object.fromEntries(times.map((ms, index) => [`i${index}`, ms]))))];
      });
      const found = latencyPercentile(launches, 0.95, 'items', []);
      const interval = 'interval' in found ? found.interval : undefined;
      // The 95th percentile of the standard normal distribution.
      const truth = Math.exp(1.644854);
      if (interval !== undefined && interval.low <= truth && truth <= interval.high) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.95);
  });
});
