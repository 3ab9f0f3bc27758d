import { raceQuestionOf } from '../../app/plan-race.ts';
import { earlierSpeeds } from '../../app/known-speeds.ts';
import { type SuiteLosses, takeSuiteLosses } from '../../app/measure-loss.ts';
import { prepareRun, withTimeLimit } from '../../app/prepare-run.ts';
import { resolveAnchors } from '../../app/resolve-anchors.ts';
import { readHostFacts } from '../../meters/host-facts.ts';
import type { AnchorSet } from '../../scoring/anchors.ts';
import type { CliContext } from '../context.ts';
import { createLocalContext, project } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { suiteOfCommand } from '../suite-file/suite-of-command.ts';
import type { quickstartOptions, resumeOptions, runOptions, storedRunOptions } from '../tables/measure-options.ts';
import { checkNewStore } from '../check-outputs.ts';
import { outputFiles, type OutputFile } from '../write-outputs.ts';
import { printLossTable } from './loss.ts';
import { showPlan } from './plan.ts';
import { UsageError } from '../../core/errors.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import { findRuns, resumeCommand } from '../stored-runs.ts';
import { reportRuns } from '../../app/report-runs.ts';
import { rescoreRuns } from '../../app/rescore-runs.ts';
import { checkStoredTasks, suiteWithSecrets } from '../../app/stored-data.ts';
import { printReport, reportExitCode, printOpenRaces } from '../print-document.ts';
import { prepareQuickstart, quickstartModels } from '../../app/quickstart.ts';
import { sizeText } from '../../core/amount-text.ts';
import type { LocalContext } from '../../app/local-context.ts';
import { isWorkedOn } from '../../app/cluster/followed-workers.ts';
import { localRun } from '../../app/run.ts';
import type { RunPlan } from '../../run/plan.ts';
import { exitCodes } from '../exit-codes.ts';
import { printNext } from '../next-commands.ts';
import { createProgress } from '../progress/create-progress.ts';
import { printEndedRun, showRun } from '../show-run.ts';
import { createTaskTables } from '../task-tables.ts';
import { attachToRun, clusterChoice, isOver, runOnCluster, tellFinished } from './cluster.ts';

export const run: CommandHandler<typeof runOptions> = async (input, context) => {
  if (input.options.dryRun === true) return showPlan(input, context, 'never');
  const files = await outputFiles(context, 'report');
  const cluster = clusterChoice(input.options, context);
  await checkNewStore(context);
  const { suite, limitShare } = await suiteOfCommand(input, context);
  const question = raceQuestionOf(suite);
  const anchors = question?.goal === 'winner' ? await anchorsForRun(input.options.anchors, context) : undefined;
  if (question?.limits.withinBest !== undefined) {
    context.output.note(
      'finding the best model means launching every model and evaluating expensive ones too; a limit such as accuracy >= 0.7 costs far less',
    );
  }
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const plan = await prepareRun(suite, local, context.interruption.signal, { anchors, limitShare }).finally(() =>
    status[Symbol.dispose](),
  );
  if (cluster !== undefined) {
    const { fresh: isFresh, anchors: named } = input.options;
    return runOnCluster(plan, local, cluster, { files, isFresh, anchors: named }, context);
  }
  return executePlan(plan, local, context, {
    files,
    isFresh: input.options.fresh === true,
    force: input.options.force,
    writeOut: input.options.writeOut,
    anchors: input.options.anchors,
  });
};

/** The anchors of `--anchors`, of the project, or of a host without a GPU. */
async function anchorsForRun(choice: string | undefined, context: CliContext): Promise<AnchorSet | undefined> {
  const { gpus } = await readHostFacts();
  const hostClass = gpus.length === 0 ? 'cpu' : undefined;
  return resolveAnchors({ choice, projectDir: context.workingFolder, hostClass });
}

export const resume: CommandHandler<typeof resumeOptions> = async ({ arguments: names, options }, context) => {
  const files = await outputFiles(context, 'report');
  const cluster = clusterChoice(options, context);
  const stored = await runToResume(names, context);
  if (cluster === undefined && (await isWorkedOn(await context.openStore(), stored.id)))
    return attachToRun(stored, { files }, context);
  if (cluster !== undefined && (await isOver(await context.openStore(), stored)))
    return tellFinished(stored, { files }, context);
  await checkStoredTasks(stored, 'resumed');
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const dataDir = options.dataDir === undefined ? stored.suite.dataDir : context.path(options.dataDir);
  const suite = { ...suiteWithSecrets(stored, context.environment), ...(dataDir !== undefined && { dataDir }) };
  const { race, timeLimitMs } = stored.manifest;
  const from = { stored: race, isStored: true };
  const prepared = await prepareRun(suite, local, context.interruption.signal, from).finally(() =>
    status[Symbol.dispose](),
  );
  const plan = timeLimitMs === undefined ? prepared : withTimeLimit(prepared, timeLimitMs);
  const again = { files, resumeId: stored.id, retryFailed: true };
  if (cluster !== undefined) return runOnCluster(plan, local, cluster, again, context);
  return executePlan(plan, local, context, { ...again, force: options.force });
};

/** The run that was named; else the newest unfinished one; else the newest, whose failed cells may be tried again. */
async function runToResume(names: readonly string[], context: CliContext): Promise<RunRecord> {
  const { store, runs } = await findRuns(names, context);
  const unfinished = names.length > 0 ? undefined : await store.latestRun({ status: ['running', 'interrupted'] });
  const found = unfinished ?? (names.length > 0 ? runs[0] : await newestOwn(store)) ?? runs[0];
  if (found === undefined) throw new Error('findRuns gives at least one run');
  if (found.manifest.imported === undefined) return found;
  throw new UsageError(`run ${found.id} was imported: there is nothing to resume`, {
    hint: 'Name a run that was made here; perbench list shows them.',
  });
}

/** The newest run that wasn't imported. */
async function newestOwn(store: Store): Promise<RunRecord | undefined> {
  for (let skip = 0; ; skip += 1) {
    const found = await store.latestRun({ skip });
    if (found === undefined || found.manifest.imported === undefined) return found;
  }
}

export const rescore: CommandHandler<typeof storedRunOptions> = async ({ arguments: names, options }, context) => {
  const files = await outputFiles(context, 'report');
  const { store, runs } = await findRuns(names, context);
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const dataDir = options.dataDir === undefined ? undefined : context.path(options.dataDir);
  for await (const cell of rescoreRuns(store, runs, local, { dataDir, signal: context.interruption.signal })) {
    context.output.record('rescored', cell);
    context.output.note(`${cell.model} / ${cell.taskId}: ${cell.changed} of ${cell.items} scores changed`);
  }
  status[Symbol.dispose]();
  const report = await reportRuns(store, runs, project(context));
  await printReport(report, files, context);
  await printNext(report, store, context);
  return reportExitCode(report);
};

export const quickstart: CommandHandler<typeof quickstartOptions> = async ({ options: { minutes } }, context) => {
  const named = await outputFiles(context, 'report');
  const { output } = context;
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const models = await quickstartModels(local);
  output.record('quickstart', { minutes, models });
  output.note(
    'Three small models on five built-in tasks, for a first look (no benchmark).\n' +
      `As many items as fit into ${minutes} minutes; each task's table as soon as it is done.`,
  );
  for (const { name, bytesToFetch } of models) {
    output.note(`  ${name}: ${bytesToFetch === 0 ? 'on disk' : `${sizeText(bytesToFetch)} to download`}`);
  }
  const plan = await prepareQuickstart(minutes * 60_000, local, context.interruption.signal).finally(() =>
    status[Symbol.dispose](),
  );
  const exitCode = await executePlan(plan, local, context, { files: named });
  // A first look asks for no decision: whatever the answer is, it has been given.
  const isAnswer = exitCode === exitCodes.gateFailed || exitCode === exitCodes.gateInconclusive;
  return isAnswer ? exitCodes.done : exitCode;
};

interface ExecutePlanOptions {
  readonly isFresh?: boolean;
  readonly resumeId?: string;
  readonly retryFailed?: boolean;
  readonly force?: boolean | undefined;
  readonly writeOut?: boolean | undefined;
  readonly files: readonly OutputFile[];
  /** Of `--anchors`. */
  readonly anchors?: string | undefined;
}

/** Runs a prepared suite under the live display and prints its scoreboards; returns the exit code. */
async function executePlan(
  plan: RunPlan,
  local: LocalContext,
  context: CliContext,
  options: ExecutePlanOptions,
): Promise<number> {
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => local.meter[Symbol.asyncDispose]?.());
  const store = await context.openStore();
  const { files, anchors: _, ...rest } = options;
  const scoring = { anchors: options.anchors };
  // Where the tasks of a model take turns, all tables are done at the end, all together.
  const isTaskByTask = plan.manifest.timeLimitMs !== undefined && !context.output.isJson;
  const tables = isTaskByTask ? createTaskTables(store, context, scoring) : undefined;
  const speeds = await earlierSpeeds(plan, store);
  context.interruption.finishBy('finishing requests in flight, then saving');
  const end = await showRun(createProgress(context, plan, speeds), tables, (framesDrawn) =>
    localRun(plan, local, {
      ...rest,
      store,
      signal: context.interruption.signal,
      framesDrawn,
      skipWait: context.onEnter,
    }),
  );
  context.interruption.finishBy(undefined);
  const ended = end.runId === undefined ? undefined : await store.getRun(end.runId);
  if (ended === undefined) return exitCodes.bug;
  if (end.status === 'interrupted') {
    printOpenRaces(ended, context);
    const command = resumeCommand(ended.id, context);
    context.output.record('interrupted', { runId: ended.id, resume: command });
    const what = ended.isStopRequested ? 'cancelled' : 'interrupted';
    context.output.note(`${what}; everything so far is saved. Resume with:\n  ${command}`);
    return ended.isStopRequested ? exitCodes.someCellsFailed : (context.interruption.exitCode ?? exitCodes.interrupted);
  }
  if (end.status === 'running') context.output.note('other processes are still working on cells of this run');
  const losses = end.status === 'finished' ? await takeLosses(store, ended, local, context) : undefined;
  const stored = (await store.getRun(ended.id)) ?? ended;
  const exitCode = await printEndedRun(
    store,
    stored,
    { files, anchors: options.anchors, shown: tables?.shown },
    context,
  );
  return printLosses(losses, exitCode, context);
}

/** Takes the losses that the suite asks for, before anything of the run is shown: ladders have them. */
async function takeLosses(
  store: Store,
  stored: RunRecord,
  local: LocalContext,
  context: CliContext,
): Promise<SuiteLosses | undefined> {
  using status = createStatusLine(context);
  const told = { ...local, onStep: (step: string) => status.step(step) };
  return await takeSuiteLosses(store, stored, told, { signal: context.interruption.signal });
}

/** Prints losses below the results of their run; returns the exit code of both. */
function printLosses(losses: SuiteLosses | undefined, exitCode: number, context: CliContext): number {
  if (losses === undefined) return exitCode;
  const { table, problem } = losses;
  if (table === undefined) context.output.warn(problem);
  else printLossTable(table, context);
  const isWhole = table?.unavailable.length === 0;
  return !isWhole && exitCode === exitCodes.done ? exitCodes.someCellsFailed : exitCode;
}
