import { cancelRun } from '../../app/cluster/cancel-run.ts';
import { followRun } from '../../app/cluster/follow-run.ts';
import type { OpenLauncher } from '../../app/cluster/job-launchers.ts';
import {
  checkSharedStore,
  folderOfWorkers,
  launchRun,
  type LaunchOptions,
  openOrders,
  workerEnvironment,
} from '../../app/cluster/launch-run.ts';
import { earlierSpeeds } from '../../app/known-speeds.ts';
import type { LocalContext } from '../../app/local-context.ts';
import { countText } from '../../core/amount-text.ts';
import type { ClusterSettings } from '../../core/cluster-settings.ts';
import type { JobRecord, Launcher, LauncherName } from '../../core/cluster.ts';
import { UsageError } from '../../core/errors.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import type { CellSpeed } from '../../run/estimate-duration.ts';
import type { RunPlan } from '../../run/plan.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import type { OptionTable, OptionValues } from '../options/option.ts';
import { createProgress } from '../progress/create-progress.ts';
import { printEndedRun, showRun } from '../show-run.ts';
import { findRun, perbenchCommand, resumeCommand } from '../stored-runs.ts';
import type { runOptions } from '../tables/measure-options.ts';
import type { OutputFile } from '../write-outputs.ts';

type ClusterFlags = Pick<OptionValues<typeof runOptions>, 'on' | 'workers' | 'detach' | 'print'>;

/** Workers elsewhere, as the flags of a command ask for them. */
export interface ClusterChoice extends Pick<ClusterFlags, 'workers' | 'detach' | 'print'> {
  readonly on: LauncherName;
}

/**
 * What `--on` and its companions say; undefined where the work is done here.
 *
 * @throws {UsageError} if they don't fit together, or nobody elsewhere reaches the store
 */
export function clusterChoice(
  { on, workers, detach, print }: ClusterFlags,
  context: CliContext,
): ClusterChoice | undefined {
  const flags = { workers, detach, print };
  const given = Object.entries(flags).find(([, value]) => value !== undefined);
  if (on === undefined && given === undefined) return undefined;
  if (on === undefined) {
    throw new UsageError(`--${given?.[0]} says how workers elsewhere are submitted, and no --on says to what`, {
      hint: 'Add --on slurm, --on kubernetes or --on ray.',
    });
  }
  if (flags.detach === true && flags.print === true) {
    throw new UsageError('--print submits nothing: there is nothing to detach from', { hint: 'Leave --detach out.' });
  }
  checkSharedStore(context.storePlace.shown, on);
  return { on, ...flags };
}

interface ClusterRunOptions {
  readonly files: readonly OutputFile[];
  readonly anchors?: string | undefined;
  readonly isFresh?: boolean | undefined;
  readonly resumeId?: string;
  readonly retryFailed?: boolean;
}

/** Writes a run, has workers for it placed, and follows them; returns the exit code. */
export async function runOnCluster(
  plan: RunPlan,
  local: LocalContext,
  { on, workers, detach, print }: ClusterChoice,
  { files, anchors, isFresh = false, ...resumed }: ClusterRunOptions,
  context: CliContext,
): Promise<number> {
  // Nothing is measured here.
  await local.meter[Symbol.asyncDispose]?.();
  const store = await context.openStore();
  const workingFolder = await folderOfWorkers(plan, store, { isFresh, ...resumed, here: context.workingFolder });
  const cluster = (await lastSettings(store, on, resumed.resumeId)) ?? plan.suite.cluster;
  const launcher = await launcherOpener(context)(on, cluster ?? {}, workingFolder);
  const options = { store, storeUrl: context.storePlace.shown, workers, isFresh, cluster, ...resumed };
  if (print === true) return printOrders(plan, launcher, options, context);
  // What is being submitted goes on without who watches it, as what was submitted does.
  context.interruption.expectEnd();
  const { runId, isResumed, submitted, problems } = await launchRun(plan, { ...options, launcher, workingFolder });
  for (const job of submitted) tellJob(job, context);
  for (const problem of problems) context.output.warn(problem);
  const run = await mustGet(store, runId);
  if (detach === true) return tellDetached(run, context);
  const speeds = await earlierSpeeds(plan, store);
  return follow(run, { files, anchors, isResumed, speeds }, context);
}

/** What the engine was told last for a stored run: the suite that is kept with it may have been changed since. */
async function lastSettings(
  store: Store,
  on: LauncherName,
  runId: string | undefined,
): Promise<ClusterSettings | undefined> {
  const jobs = runId === undefined ? [] : await store.jobs(runId);
  return jobs.findLast(({ launcher }) => launcher === on)?.cluster;
}

function launcherOpener({ environment, storePlace, interruption, openLauncher }: CliContext): OpenLauncher {
  return async (name, cluster, workingFolder) =>
    openLauncher(name, cluster, {
      environment: workerEnvironment(storePlace.address, environment),
      workingFolder,
      // Ctrl-C asks what becomes of the jobs: until then the engine can be told.
      signal: interruption.forceSignal,
    });
}

async function printOrders(
  plan: RunPlan,
  launcher: Launcher,
  options: Omit<LaunchOptions, 'launcher' | 'workingFolder'>,
  context: CliContext,
): Promise<number> {
  const { runId, orders } = await openOrders(plan, options);
  const { output } = context;
  const caution = launcher.caution?.(orders);
  if (caution !== undefined) output.warn(caution);
  if (output.isJson) output.record('orders', { runId, orders, text: launcher.print(orders) });
  else output.raw(`${launcher.print(orders).trimEnd()}\n`);
  const follows = resumeCommand(runId, context);
  output.note(
    `run ${runId} is written and nothing is submitted. Once its workers have started, follow it with:\n  ${follows}`,
  );
  return exitCodes.done;
}

function tellJob({ name, handle, workers, models, needs }: JobRecord, { output }: CliContext): void {
  output.record('submitted', { name, handle, workers, models, needs });
  const who = workers === 1 ? '1 worker' : `${countText(workers)} workers`;
  const what = models.length === 1 ? models[0] : `${models.length} models`;
  output.note(`submitted ${name} as job ${handle}: ${who} for ${what}`);
}

interface FollowedRunOptions extends Pick<ClusterRunOptions, 'files' | 'anchors'> {
  readonly isResumed: boolean;
  readonly speeds: readonly CellSpeed[];
}

/** Follows a run under the live display, and shows what it measured; returns the exit code. */
async function follow(
  run: RunRecord,
  { files, anchors, isResumed, speeds }: FollowedRunOptions,
  context: CliContext,
): Promise<number> {
  const { interruption, output } = context;
  const store = await context.openStore();
  // The work goes on without who watches it: Ctrl-C is a way to leave.
  interruption.expectEnd();
  const { status } = await showRun(createProgress(context, run, speeds, { isElsewhere: true }), undefined, () =>
    followRun(store, run, launcherOpener(context), { signal: interruption.signal, isResumed }),
  );
  if (status === 'running') {
    const isWatched = context.isInteractive && interruption.exitCode === exitCodes.done;
    if (isWatched && (await asksToCancel())) return cancelAndTell(store, run, context);
    return tellDetached(run, context);
  }
  const ended = await mustGet(store, run.id);
  if (status === 'finished') {
    if (run.suite.loss) {
      output.note(`losses are measured where the models are: ${perbenchCommand(['loss', run.id], context)}`);
    }
    return printEndedRun(store, ended, { files, anchors }, context);
  }
  const on = await lastEngine(store, run);
  const command = resumeCommand(run.id, context, on);
  output.record('interrupted', { runId: run.id, resume: command });
  const how = on === undefined ? 'Go on with --on, or here' : 'Go on with';
  output.note(`not finished; everything so far is saved. ${how}:\n  ${command}`);
  return exitCodes.someCellsFailed;
}

/** Where its workers were submitted last: without it, resuming would do all the work here. */
async function lastEngine(store: Store, { id }: RunRecord): Promise<LauncherName | undefined> {
  return (await store.jobs(id)).at(-1)?.launcher;
}

/** Whether nothing is left of a run, nor any cell that failed, which could be tried again. */
export async function isOver(store: Store, { id, status }: RunRecord): Promise<boolean> {
  return status === 'finished' && (await store.cells(id)).every(({ state }) => state !== 'failed');
}

/** Shows what a run has measured of which nothing is left for workers. */
export async function tellFinished(
  run: RunRecord,
  { files }: Pick<ClusterRunOptions, 'files'>,
  context: CliContext,
): Promise<number> {
  context.output.note(`run ${run.id} is finished: nothing is left for workers`);
  return printEndedRun(await context.openStore(), run, { files, anchors: undefined }, context);
}

/** Follows a run whose workers were placed by an engine, or started by hand, from whichever machine. */
export async function attachToRun(
  run: RunRecord,
  { files }: Pick<ClusterRunOptions, 'files'>,
  context: CliContext,
): Promise<number> {
  context.output.note(`run ${run.id} is worked on elsewhere: following it`);
  return follow(run, { files, isResumed: true, speeds: [] }, context);
}

async function asksToCancel(): Promise<boolean> {
  const { isCancel, select } = await import('@clack/prompts');
  const answer = await select({
    message: 'The workers go on without this display.',
    options: [
      { value: false, label: 'detach: leave the run to them' },
      { value: true, label: 'cancel: end them, and keep what was measured' },
    ],
    initialValue: false,
  });
  return !isCancel(answer) && answer;
}

function tellDetached({ id: runId }: RunRecord, context: CliContext): number {
  const attach = resumeCommand(runId, context);
  const cancelling = perbenchCommand(['cancel', runId], context);
  context.output.record('detached', { runId, attach, cancel: cancelling });
  context.output.note(
    `detached from run ${runId}, which goes on. Follow it again, or cancel it, from any machine:\n  ${attach}\n  ${cancelling}`,
  );
  return exitCodes.done;
}

export const cancel: CommandHandler<OptionTable> = async ({ arguments: names }, context) => {
  const { store, run } = await runToCancel(names, context);
  return cancelAndTell(store, run, context);
};

async function runToCancel(
  names: readonly string[],
  context: CliContext,
): Promise<{ readonly store: Store; readonly run: RunRecord }> {
  const found = await findRun(names, context, ['running', 'interrupted']);
  const { id, status } = found.run;
  if (status !== 'finished') return found;
  throw new UsageError(`run ${id} is finished: there is nothing to cancel`, {
    hint: 'List the runs with perbench list.',
  });
}

async function cancelAndTell(store: Store, run: RunRecord, context: CliContext): Promise<number> {
  const { output } = context;
  const { cancelled, held, problems } = await cancelRun(store, run, launcherOpener(context));
  for (const problem of problems) {
    output.warn(`${problem}; its workers end by themselves as soon as they look into the store`);
  }
  const command = resumeCommand(run.id, context, await lastEngine(store, run));
  output.record('cancelled', { runId: run.id, jobs: cancelled, held, resume: command });
  const jobs = `${countText(cancelled.length)} ${cancelled.length === 1 ? 'job' : 'jobs'} cancelled`;
  const cells = held === 1 ? '1 cell is' : `${countText(held)} cells are`;
  const rest = held === 0 ? '' : `; ${cells} given back as soon as what is in flight is saved`;
  output.note(`run ${run.id}: ${jobs}${rest}. Go on with it with:\n  ${command}`);
  return exitCodes.done;
}

async function mustGet(store: Store, runId: string): Promise<RunRecord> {
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error(`run ${runId} was there`);
  return run;
}
