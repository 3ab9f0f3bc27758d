import { homedir } from 'node:os';
import type { LauncherName } from '../../core/cluster.ts';
import type { RunEvent } from '../../core/event.ts';
import { withoutPassword } from '../../core/store-address.ts';
import type { SuiteInput } from '../../core/suite.ts';
import { openLauncher } from '../../launchers/index.ts';
import { openStore } from '../../store/open-store.ts';
import { parseSuite } from '../parse-suite.ts';
import { prepareRun } from '../prepare-run.ts';
import { libraryContext, type RunOptions } from '../run.ts';
import { followRun } from './follow-run.ts';
import type { OpenLauncher } from './job-launchers.ts';
import { checkSharedStore, folderOfWorkers, launchRun, workerEnvironment } from './launch-run.ts';

export interface RunOnOptions extends Omit<RunOptions, 'store' | 'force' | 'signal'> {
  /** `postgres://…`, which all machines reach; the password may be in `PGPASSWORD` of the environment. */
  readonly store: string;
  /** For each group of models that need the same; by default one for each model. */
  readonly workers?: number;
  /** Ends the following alone: the workers go on, and `cancelRun` ends them. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a suite on the machines of a cluster, and says what happens, event by event: writes the run or takes up the
 * unfinished one that asks the same, has workers placed by an engine, and follows them through the store.
 *
 * @throws {UsageError} if other machines don't reach the store
 * @throws {LauncherError} if the engine can't be reached, or refuses a job
 * @throws as `run`
 */
export async function* runOn(
  engine: LauncherName,
  input: SuiteInput,
  { store: address, workers, signal = new AbortController().signal, isFresh = false, ...options }: RunOnOptions,
): AsyncGenerator<RunEvent, void, void> {
  checkSharedStore(address, engine);
  const { environment = {} } = options;
  const context = libraryContext(options);
  await context.meter[Symbol.asyncDispose]?.();
  const plan = await prepareRun(parseSuite(input), context, signal, { anchors: options.anchors });
  await using store = await openStore({ address, environment, homeFolder: homedir() });
  const here = await folderOfWorkers(plan, store, { isFresh, here: context.workingFolder });
  const open: OpenLauncher = async (name, cluster, workingFolder) =>
    openLauncher(name, cluster, { environment: workerEnvironment(address, environment), workingFolder, signal });
  const launcher = await open(engine, plan.suite.cluster ?? {}, here);
  const launch = { store, launcher, workingFolder: here, storeUrl: withoutPassword(address), workers, isFresh };
  const { runId, isResumed, problems } = await launchRun(plan, launch);
  for (const message of problems) yield { type: 'warning', message };
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error(`run ${runId} was written`);
  yield* followRun(store, run, open, { signal, isResumed });
}
