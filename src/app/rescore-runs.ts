import { UsageError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { PlannedTask } from '../run/plan.ts';
import { type RescoredCell, rescoreRun } from '../run/rescore-run.ts';
import type { LocalContext } from './local-context.ts';
import { prepareTasks } from './prepare-tasks.ts';
import { checkStoredTasks } from './stored-data.ts';

export interface RescoreOptions {
  /** Where the data sets are now; absolute. By default where they were. */
  readonly dataDir?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Scores the stored outputs of runs again: what `perbench rescore` does.
 *
 * @throws {UsageError | DataError} before anything is scored, if one of the runs can't be
 */
export async function* rescoreRuns(
  store: Store,
  runs: readonly RunRecord[],
  context: LocalContext,
  { dataDir, signal }: RescoreOptions,
): AsyncGenerator<RescoredCell & { readonly runId: string }> {
  for (const run of runs) await checkRescorable(run);
  for (const run of runs) {
    const suite = { ...run.suite, ...(dataDir !== undefined && { dataDir }) };
    const tasks = await prepareTasks(suite, context, signal);
    for (const task of tasks) checkSameRows(run, task);
    for await (const cell of rescoreRun(store, { ...run, suite }, tasks)) yield { runId: run.id, ...cell };
    await storeScorers(store, run, tasks);
  }
}

/** Which modules the scores are of now. */
async function storeScorers(store: Store, { id, manifest }: RunRecord, tasks: readonly PlannedTask[]): Promise<void> {
  const scored = tasks.flatMap(({ task, facts }) => {
    const before = manifest.tasks[task.id];
    if (before?.own === undefined || before.own.scorerSha256 === facts.own?.scorerSha256) return [];
    return [[task.id, { ...before, own: { ...before.own, scorerSha256: facts.own?.scorerSha256 } }] as const];
  });
  if (scored.length === 0) return;
  await store.changeManifest(id, (now) => ({ ...now, tasks: { ...now.tasks, ...Object.fromEntries(scored) } }));
}

async function checkRescorable(run: RunRecord): Promise<void> {
  const { id } = run;
  const { imported, race } = run.manifest;
  // Answers alone were scored here; results of other programs lack what scoring takes.
  if (imported !== undefined && imported.answers === undefined) {
    throw new UsageError(`run ${id} was imported: it was scored by ${imported.tool}`, {
      hint: 'Score it again there, and import the result.',
    });
  }
  if (race !== undefined) {
    throw new UsageError(
      `run ${id} answered a --decide question by its scores: other scores could contradict the answer`,
      {
        hint: 'Run the race again with --fresh.',
      },
    );
  }
  await checkStoredTasks(run, 'scored again');
}

/** Right answers that changed are another task's: scores of both would be mixed under one name. */
function checkSameRows({ id, manifest }: RunRecord, { task, facts }: PlannedTask): void {
  const before = manifest.tasks[task.id];
  if (task.own === undefined || before === undefined || before.dataSha256 === facts.dataSha256) return;
  const files = facts.files.map(({ path }) => path).join(', ');
  throw new UsageError(`${files}: the rows have changed since run ${id}, which can't be scored by them`, {
    hint: 'Restore the file, or start a new run.',
  });
}
