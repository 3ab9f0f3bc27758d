import type { RunEvent } from '../core/event.ts';
import type { RunStatus } from '../core/store.ts';
import type { LocalContext } from '../app/local-context.ts';
import { freezeRunAnchors } from '../app/freeze-project-anchors.ts';
import { localRun } from '../app/run.ts';
import { reportRuns } from '../app/report-runs.ts';
import type { RunPlan } from '../run/plan.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgress } from './progress/create-progress.ts';
import { printOpenRaces, reportRace, printReport, reportExitCode } from './print-document.ts';
import { project } from './local-world.ts';
import { resumeCommand } from './stored-runs.ts';
import { type OutputFile, writeRunPage } from './write-outputs.ts';

export interface ExecutePlanOptions {
  readonly isFresh?: boolean;
  readonly resumeId?: string;
  readonly retryFailed?: boolean;
  readonly files: readonly OutputFile[];
  /** Of `--anchors`. */
  readonly anchors?: string | undefined;
}

/** Runs a prepared suite under the live display and prints its scoreboards; returns the exit code. */
export async function executePlan(
  plan: RunPlan,
  local: LocalContext,
  context: CliContext,
  options: ExecutePlanOptions,
): Promise<number> {
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => local.meter[Symbol.asyncDispose]?.());
  const store = await context.openStore();
  const { files, anchors: _, ...rest } = options;
  const end = await showRun(context, plan, (framesDrawn) =>
    localRun(plan, local, { ...rest, store, signal: context.interruption.signal, framesDrawn }),
  );
  const run = end.runId === undefined ? undefined : await store.getRun(end.runId);
  if (run === undefined) return exitCodes.bug;
  if (end.status === 'interrupted') {
    printOpenRaces(run, context);
    const command = resumeCommand(run.id, context);
    context.output.record('interrupted', { runId: run.id, resume: command });
    context.output.note(`interrupted; everything so far is saved. Resume with:\n  ${command}`);
    return context.interruption.exitCode ?? exitCodes.interrupted;
  }
  if (end.status === 'running') context.output.note('other processes are still working on cells of this run');
  if (run.manifest.race !== undefined && end.status === 'finished') return await reportRace(run, store, files, context);
  // A store elsewhere belongs to no project, so there is no place where its anchors would be found again.
  if (end.status === 'finished' && options.anchors === undefined && context.isDefaultStore) {
    const frozen = await freezeRunAnchors(store, run, context.workingFolder);
    if (frozen !== undefined) {
      context.output.note(`PER-A anchors for ${frozen.tasks.join(', ')} are frozen from this run: ${frozen.file}`);
    }
  }
  const report = await reportRuns(store, [run], { ...project(context), scoring: { anchors: options.anchors } });
  await printReport(report, files, context);
  await writeRunPage(run.id, report, context);
  return reportExitCode(report);
}

interface RunOutcome {
  readonly runId: string | undefined;
  readonly status: RunStatus;
}

async function showRun(
  context: CliContext,
  { suite }: RunPlan,
  start: (framesDrawn: () => number) => AsyncIterable<RunEvent>,
): Promise<RunOutcome> {
  using progress = createProgress(context, suite);
  let runId: string | undefined;
  let status: RunStatus = 'running';
  for await (const event of start(() => progress.framesDrawn())) {
    progress.handle(event);
    if (event.type === 'run-start') ({ runId } = event);
    if (event.type === 'run-end') ({ status } = event);
  }
  return { runId, status };
}
