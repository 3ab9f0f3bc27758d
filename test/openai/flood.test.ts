import { expect, it } from 'vitest';
import { forkNullServer } from '../../src/app/null-server/open-null-server.ts';
import { flood } from './flood.ts';

it('keeps 2,000 requests in flight, loses none, and its memory stays flat', async () => {
  await using server = await forkNullServer({ tokens: 8, firstTokenMs: 200, tokenMs: 0 });
  const result = await flood(server.baseUrl, { concurrency: 2_000, progress: (done) => done / 4_000 });
  expect(result.lost).toEqual([]);
  expect(result.twice).toEqual([]);
  expect(result.failed).toEqual([]);
  expect(result.done).toBeGreaterThanOrEqual(4_000);
  // What a request leaves behind would be there 4,000 times and more.
  expect(result.heapGrowthBytes / result.done).toBeLessThan(2_000);
}, 60_000);
