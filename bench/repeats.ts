/*
 * Whether repeated runs of the same suite on the same quiet machine agree within their intervals: every pair of repeats, every
 * measurement that has an interval. Two agree where they differ by no more than both half-widths, added in squares on the
 * logarithm; whether their intervals overlap is told as well.
 *
 *     node bench/repeats.ts [--models smollm2-135m-instruct,gemma-3-270m] [--tasks arc_easy/mini,imdb/mini] [--repeats 5]
 *       [--launches 3] [--window-seconds 5] [--concurrency 4] [--limit 40] [--store repeats.db]
 */
import { parseArgs } from 'node:util';
import { run } from '../src/app/run.ts';
import { launchMetrics } from '../src/core/measurement.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { exactBounds } from '../src/stats/score-interval.ts';

const { values: flags } = parseArgs({
  options: {
    models: { type: 'string', default: 'smollm2-135m-instruct,gemma-3-270m' },
    tasks: { type: 'string', default: 'arc_easy/mini,imdb/mini' },
    repeats: { type: 'string', default: '5' },
    launches: { type: 'string', default: '3' },
    'window-seconds': { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '4' },
    limit: { type: 'string', default: '40' },
    store: { type: 'string', default: ':memory:' },
  },
});

interface Known {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** By cell and metric, then by repeat. */
const found = new Map<string, Known[]>();
const marks = new Map<string, number>();

await using store = await openSqliteStore({ file: flags.store });
const suite = {
  models: flags.models.split(','),
  tasks: flags.tasks.split(','),
  launches: Number(flags.launches),
  windowSeconds: Number(flags['window-seconds']),
  concurrency: Number(flags.concurrency),
  limit: Number(flags.limit),
};
for (let repeat = 0; repeat < Number(flags.repeats); repeat += 1) {
  const startedMs = performance.now();
  for await (const event of run(suite, { store, isFresh: true, environment: process.env })) {
    if (event.type === 'warning') console.log(`  ${event.message}`);
  }
  const [latest] = await store.listRuns({ limit: 1 });
  for (const { model, taskId, measurements, state, error } of await store.cells(latest?.id ?? '')) {
    if (state !== 'done') throw new Error(`${model} on ${taskId}: ${error?.message ?? state}`);
    for (const metric of launchMetrics) {
      const measured = measurements[metric];
      if (measured === undefined || measured.status === 'unavailable') continue;
      for (const { reason } of measured.warnings) marks.set(reason, (marks.get(reason) ?? 0) + 1);
      if (measured.interval === undefined) continue;
      const { low, high } = measured.interval;
      const key = JSON.stringify([metric, model, taskId]);
      found.set(key, [...(found.get(key) ?? []), { value: measured.value, low, high }]);
    }
  }
  console.log(`repeat ${repeat + 1}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}

/** Distance of two values over both half-widths that lie between them; at most 1 where they agree. */
function distance(a: Known, b: Known): number {
  const [lower, upper] = a.value < b.value ? [a, b] : [b, a];
  const between = Math.log(upper.value / lower.value);
  return between === 0
    ? 0
    : between / Math.hypot(Math.log(lower.high / lower.value), Math.log(upper.value / upper.low));
}

const overlap = (a: Known, b: Known): boolean => a.low <= b.high && b.low <= a.high;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const half = ({ low, high }: Known): number => Math.log(high / low) / 2;
let [agree, overlapping, pairs] = [0, 0, 0];
console.log('metric                  cells  pairs  agree    half-width (median)  largest distance');
for (const metric of launchMetrics) {
  const cells = Array.from(found).filter(([key]) => (JSON.parse(key) as string[])[0] === metric);
  const distances = cells.flatMap(([, known]) =>
    known.flatMap((own, index) => known.slice(0, index).map((other) => distance(own, other))),
  );
  if (distances.length === 0) continue;
  overlapping += cells
    .flatMap(([, known]) => known.flatMap((own, index) => known.slice(0, index).map((other) => overlap(own, other))))
    .filter(Boolean).length;
  const own = distances.filter((each) => each <= 1).length;
  const halves = cells.flatMap(([, known]) => known.map(half)).toSorted((a, b) => a - b);
  agree += own;
  pairs += distances.length;
  console.log(
    [
      metric.padEnd(22),
      String(cells.length).padStart(6),
      String(distances.length).padStart(6),
      percent(own / distances.length).padStart(8),
      percent(halves[Math.floor(halves.length / 2)] ?? 0).padStart(14),
      Math.max(...distances)
        .toFixed(2)
        .padStart(20),
    ].join(' '),
  );
}
const { low, high } = exactBounds(agree, pairs, 0.975);
console.log(
  `all: ${agree} of ${pairs} pairs agree: ${percent(agree / pairs)} (95 %: ${percent(low)} to ${percent(high)})`,
);
console.log(`intervals overlap: ${overlapping} of ${pairs}: ${percent(overlapping / pairs)}`);
console.log(`marks: ${Array.from(marks, ([reason, count]) => `${reason} ${count}`).join(', ') || 'none'}`);
