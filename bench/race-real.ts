/*
 * Real models on real data: a full run against a race for `winner`, whether they agree, and what each cost.
 *
 *     node bench/race-real.ts --data-dir DATA [--models smollm2-135m-instruct,gemma-3-270m,qwen2.5-coder-0.5b-instruct]
 *       [--tasks arc_easy/lmeval=400,imdb=80,gsm8k=30] [--launches 2] [--window-seconds 5] [--latency-requests 12]
 *       [--concurrency 4] [--store race.db]
 *
 * Run it on a quiet machine. They agree where the full run's best model by PER-A is named, alone or in a tie.
 */
import { parseArgs } from 'node:util';
import { reportRuns } from '../src/app/report-runs.ts';
import { resolveAnchors } from '../src/app/resolve-anchors.ts';
import { run } from '../src/app/run.ts';
import { answersHeadline } from '../src/scoring/answer-text.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';

const { values: flags } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    models: { type: 'string', default: 'smollm2-135m-instruct,gemma-3-270m,qwen2.5-coder-0.5b-instruct' },
    tasks: { type: 'string', default: 'arc_easy/lmeval=400,imdb=80,gsm8k=30' },
    launches: { type: 'string', default: '2' },
    'window-seconds': { type: 'string', default: '5' },
    'latency-requests': { type: 'string', default: '12' },
    concurrency: { type: 'string', default: '4' },
    store: { type: 'string', default: ':memory:' },
    decide: { type: 'string', default: 'winner' },
  },
});
await using store = await openSqliteStore({ file: flags.store });
const projectDir = process.cwd();
const anchors = await resolveAnchors({ projectDir, hostClass: 'cpu' });
const dataDir = flags['data-dir'];
const options = {
  store,
  isFresh: true,
  environment: process.env,
  ...(dataDir !== undefined && { dataDir }),
  ...(anchors !== undefined && { anchors }),
};

interface Ran {
  readonly seconds: number;
  readonly items: number;
  readonly passSeconds: number;
  readonly best: string | undefined;
  readonly named: readonly string[] | undefined;
}

async function ran(task: string, limit: number, decide: string | undefined): Promise<Ran> {
  const suite = {
    models: flags.models.split(','),
    tasks: [task],
    limit,
    launches: Number(flags.launches),
    windowSeconds: Number(flags['window-seconds']),
    latencyRequests: Number(flags['latency-requests']),
    concurrency: Number(flags.concurrency),
    ...(decide !== undefined && { decide }),
  };
  const startedMs = performance.now();
  for await (const event of run(suite, options)) if (event.type === 'warning') console.log(`  ${event.message}`);
  const seconds = (performance.now() - startedMs) / 1000;
  const [record] = await store.listRuns({ limit: 1 });
  if (record === undefined) throw new Error('no run');
  const cells = await store.cells(record.id);
  const passes = (await Promise.all(cells.map(async ({ id }) => store.passResults(id)))).flat();
  const counts = await store.sampleCounts(record.id);
  const { scoreboards, answers } = await reportRuns(store, [record], { projectDir });
  const [board] = scoreboards;
  const [certificate] = Object.values(record.manifest.race?.tasks ?? {}).map((each) => each.certificate);
  console.log(`  ${task}, ${decide ?? 'in full'}: ${answers === undefined ? '–' : answersHeadline(answers)}`);
  return {
    seconds,
    items: Array.from(counts.values()).reduce((sum, each) => sum + each, 0),
    passSeconds: passes.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0),
    best: board?.rows.find(({ anchored }) => anchored?.rank === 1)?.model,
    named: certificate?.named,
  };
}

const against = (race: number, full: number, digits = 0): string =>
  `${race.toFixed(digits)} of ${full.toFixed(digits)} (${((100 * race) / full).toFixed(0)} %)`;
console.log('task | full: best by PER-A | race: named | agree | items | wall time | pass time');
for (const asked of flags.tasks.split(',')) {
  const [task = '', items] = asked.split('=');
  const full = await ran(task, Number(items), undefined);
  const race = await ran(task, Number(items), flags.decide);
  const agrees = full.best !== undefined && race.named?.includes(full.best) === true;
  console.log(
    [
      task,
      full.best ?? '–',
      race.named?.join(', ') ?? '–',
      agrees ? 'yes' : 'no',
      against(race.items, full.items),
      `${against(race.seconds, full.seconds)} s`,
      `${against(race.passSeconds, full.passSeconds)} s`,
    ].join(' | '),
  );
}
