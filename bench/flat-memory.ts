/*
 * Memory of the perbench process over a long run: the mock engine answers every item of all five tasks for many
 * models, and the resident size is read at the end of each model. Target: flat, no growth with the samples. The first
 * model is not compared: until it ends, the heap and the database's cache are still filling.
 *
 *   node bench/flat-memory.ts --data ../shared/data [--models 16] [--limit ITEMS]
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../src/app/run.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: process.env['PERBENCH_DATA_DIR'] ?? '../shared/data' },
    models: { type: 'string', default: '16' },
    limit: { type: 'string' },
  },
});
const mebibyte = 2 ** 20;
const folder = await mkdtemp(join(tmpdir(), 'perbench-flat-memory-'));
try {
  const store = join(folder, 'perbench.db');
  const suite = {
    models: Array.from({ length: Number(values.models) }, (_, index) => ({
      name: `mock-${index + 1}`,
      source: 'mock',
      engine: 'mock',
    })),
    tasks: ['all'],
    dataDir: values.data,
    protocol: 'paper' as const,
    ...(values.limit !== undefined && { limit: Number(values.limit) }),
  };
  const startedMs = performance.now();
  const residents: number[] = [];
  let samples = 0;
  let cells = 0;
  let peak = 0;
  for await (const event of run(suite, { store })) {
    peak = Math.max(peak, process.memoryUsage.rss());
    if (event.type === 'pass-end') samples += event.result.requests;
    if (event.type !== 'cell-end') continue;
    if (event.state !== 'done') throw new Error(`a cell ended as ${event.state}: ${event.error?.message}`);
    cells += 1;
    if (cells % 5 !== 0) continue;
    residents.push(process.memoryUsage.rss());
    console.log(
      `model ${residents.length}: ${samples} samples, ${Math.round((performance.now() - startedMs) / 1000)} s, ` +
        `resident ${Math.round((residents.at(-1) ?? 0) / mebibyte)} MiB`,
    );
  }
  const [, second = Number.NaN] = residents;
  const last = residents.at(-1) ?? Number.NaN;
  console.log(
    `peak ${Math.round(peak / mebibyte)} MiB; last over second model ${(last / second).toFixed(2)}; ` +
      `store ${Math.round((await stat(store)).size / mebibyte)} MiB`,
  );
} finally {
  await rm(folder, { recursive: true });
}
