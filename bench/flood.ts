/*
 * 2,000 concurrent requests for a minute against the null server: none lost, none twice, memory flat.
 *
 *   node bench/flood.ts [--seconds 60] [--concurrency 2000]
 */
import { parseArgs } from 'node:util';
import { forkNullServer } from '../src/app/null-server/open-null-server.ts';
import { flood } from '../test/openai/flood.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, concurrency: { type: 'string', default: '2000' } },
});
const [durationMs, concurrency] = [Number(values.seconds) * 1000, Number(values.concurrency)];
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

await using server = await forkNullServer({ tokens: 8, firstTokenMs: 20, tokenMs: 0 });
const result = await flood(server.baseUrl, { concurrency, progress: (_, elapsedMs) => elapsedMs / durationMs });
const { done, lost, twice, failed, requestsPerSecond, heapGrowthBytes, residentBytes } = result;
console.log(
  `${concurrency} requests at once for ${durationMs / 1000} s: ${done} answered, ${requestsPerSecond.toFixed(0)}/s`,
);
console.log(
  `lost ${lost.length}, twice ${twice.length}, failed ${failed.length}${failed[0] === undefined ? '' : ` (${failed[0]})`}`,
);
console.log(
  `heap grew by ${mib(heapGrowthBytes)} MiB from the first quarter on; resident at each tenth: ${residentBytes.map(mib).join(', ')} MiB`,
);
// The heap's size is the collector's choice at first; then nothing may be added.
const [middle = 0, last = 0] = [residentBytes[5], residentBytes.at(-1)];
console.log(`resident in the second half: ${((100 * last) / middle - 100).toFixed(0)} % more`);
const isGood = lost.length + twice.length + failed.length === 0 && heapGrowthBytes < 32 * 2 ** 20;
console.log(isGood ? 'held' : 'NOT held');
process.exitCode = isGood ? 0 : 1;
