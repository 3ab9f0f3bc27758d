import { freezeRunAnchors, minFrozenModels } from '../app/freeze-project-anchors.ts';
import { reportRuns } from '../app/report-runs.ts';
import type { RunEvent } from '../core/event.ts';
import type { RunRecord, RunStatus, Store } from '../core/store.ts';
import type { CliContext } from './context.ts';
import { project } from './local-world.ts';
import { printNext } from './next-commands.ts';
import { printReport, reportExitCode, reportRace } from './print-document.ts';
import type { Progress } from './progress/progress.ts';
import type { TaskTables } from './task-tables.ts';
import { type OutputFile, writeRunPage } from './write-outputs.ts';

interface RunOutcome {
  readonly runId: string | undefined;
  readonly status: RunStatus;
}

/** Shows a run while it goes on, wherever its events come from. */
export async function showRun(
  display: Progress,
  tables: TaskTables | undefined,
  start: (framesDrawn: () => number) => AsyncIterable<RunEvent>,
): Promise<RunOutcome> {
  using progress = display;
  let runId: string | undefined;
  let status: RunStatus = 'running';
  for await (const event of start(() => progress.framesDrawn())) {
    progress.handle(event);
    await tables?.follow(event, progress);
    if (event.type === 'run-start') ({ runId } = event);
    if (event.type === 'run-end') ({ status } = event);
  }
  return { runId, status };
}

export interface EndedRunOptions {
  readonly files: readonly OutputFile[];
  /** Of `--anchors`. */
  readonly anchors?: string | undefined;
  /** Tasks whose tables were printed while it went on. */
  readonly shown?: TaskTables['shown'] | undefined;
}

/** Prints the answer or the tables of a run, and writes its files; returns the exit code. */
export async function printEndedRun(
  store: Store,
  run: RunRecord,
  { files, anchors, shown }: EndedRunOptions,
  context: CliContext,
): Promise<number> {
  const isFinished = run.status === 'finished';
  if (run.manifest.race !== undefined && isFinished) return reportRace(run, store, files, context);
  // A store elsewhere belongs to no project, so there is no place where its anchors would be found again.
  if (isFinished && anchors === undefined && context.isDefaultStore) await freezeAnchors(store, run, context);
  const report = await reportRuns(store, [run], { ...project(context), scoring: { anchors } });
  await printReport(report, files, context, { shown });
  await writeRunPage(run.id, report, context);
  await printNext(report, store, context);
  return reportExitCode(report);
}

async function freezeAnchors(store: Store, run: RunRecord, { output, workingFolder }: CliContext): Promise<void> {
  const { file, tasks, refused } = await freezeRunAnchors(store, run, workingFolder);
  if (tasks.length > 0) output.note(`PER-A anchors for ${tasks.join(', ')} are frozen from this run: ${file}`);
  if (refused.length > 0) {
    output.note(
      `PER-A anchors for ${refused.join(', ')} stay provisional: freezing them takes valid numbers of at least ${minFrozenModels} models`,
    );
  }
}
