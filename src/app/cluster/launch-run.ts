import { isAlive, type JobRecord, type Launcher, type StoredJob, type WorkerOrder } from '../../core/cluster.ts';
import type { ClusterSettings } from '../../core/cluster-settings.ts';
import { LauncherError, UsageError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { findOpenRun, openRun, type OpenRunOptions } from '../../run/open-run.ts';
import type { RunPlan } from '../../run/plan.ts';
import { isServerStore } from '../../core/store-address.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { parsePostgresAddress } from '../../store/postgres-address.ts';
import { newRunSeed } from '../run-dependencies.ts';
import { isCancelledHere } from './job-states.ts';
import { newestAttempts, nextAttempt, orderBase, type OrderOptions, ordersOf } from './orders.ts';
import { submissionMs, submitOrder } from './submit-order.ts';

export interface LaunchOptions
  extends Omit<OpenRunOptions, 'now' | 'random'>, Pick<OrderOptions, 'storeUrl' | 'workers'> {
  readonly store: Store;
  readonly launcher: Launcher;
  /** Absolute: in which the launcher has workers start, by `folderOfWorkers`. */
  readonly workingFolder: string;
  /** What the launcher was told; by default what the suite says. */
  readonly cluster?: ClusterSettings | undefined;
}

export interface LaunchedRun {
  readonly runId: string;
  readonly isResumed: boolean;
  /** What was submitted now; what waits or runs already isn't submitted again. */
  readonly submitted: readonly JobRecord[];
  /** Why the engine didn't take an order, which whoever follows the run submits again, and what it can't do; a line each. */
  readonly problems: readonly string[];
}

/**
 * Refuses a store that machines elsewhere don't reach.
 *
 * @throws {UsageError}
 */
export function checkSharedStore(address: string, launcher: string): void {
  if (isServerStore(address)) return;
  throw new UsageError(`--on ${launcher} needs a store that all machines reach: ${address} is a file on this one`, {
    hint: 'Name a PostgreSQL database, such as --store postgres://user@host/perbench (docs/clusters.md).',
  });
}

/**
 * What launchers hand on of the environment, if they do: a password in the address of the store goes into no words, but
 * there.
 *
 * @throws {UsageError} if the address can't be read
 */
export function workerEnvironment<Environment extends Readonly<Record<string, string | undefined>>>(
  storeAddress: string,
  environment: Environment,
): Environment | (Environment & { readonly PGPASSWORD: string }) {
  const password = isServerStore(storeAddress) ? parsePostgresAddress(storeAddress, {}, '').password : undefined;
  return password === undefined ? environment : { ...environment, PGPASSWORD: password };
}

/**
 * Writes a run, or takes up the unfinished one that asks the same, and submits workers for what is left of it. Doing so a
 * second time submits nothing twice, also after a crash in the middle.
 *
 * @throws {LauncherError} if the engine can't be reached, or takes no order at all
 * @throws as `openRun`
 */
export async function launchRun(plan: RunPlan, options: LaunchOptions): Promise<LaunchedRun> {
  const { store, launcher, workingFolder, cluster = plan.suite.cluster } = options;
  // The names are those of no run yet: nothing is written before the engine has said that it can be had.
  await launcher.check(await ordersOf(plan, { ...options, runId: 'new' }));
  const { orders, known, ...opened } = await openOrders(plan, options);
  const statuses = known.length === 0 ? [] : await launcher.list(opened.runId);
  const submitted: JobRecord[] = [];
  const failures: LauncherError[] = [];
  let there = 0;
  for (const order of orders) {
    const before = known.find((job) => orderBase(job) === orderBase(order));
    const own = statuses.filter(({ name }) => name === before?.name);
    // What was cancelled may seem to live while its engine still ends it.
    const isWanted = before !== undefined && !isCancelledHere(before);
    const mayBeThere = own.length === 0 && before?.launcher === launcher.name && mayAppear(before);
    if (isWanted && (mayBeThere || own.some(({ state }) => isAlive(state)))) {
      there += 1;
      continue;
    }
    try {
      const job = await submitOrder(order, { store, launcher, cluster, workingFolder, tries: 1 });
      if (job === undefined) there += 1;
      else submitted.push(job);
    } catch (error) {
      if (!(error instanceof LauncherError)) throw error;
      failures.push(error);
    }
  }
  const [failure] = failures;
  if (failure !== undefined && submitted.length + there === 0) throw failure;
  const caution = launcher.caution?.(submitted);
  const refused = failures.map(({ message, hint }) => withRemedy(message, hint));
  return { ...opened, submitted, problems: [...(caution === undefined ? [] : [caution]), ...refused] };
}

/** Whether an engine that doesn't list a job yet may do so. */
export function mayAppear({ handle, state, ageMs }: StoredJob, graceMs = submissionMs): boolean {
  return handle !== undefined && state === 'pending' && ageMs < graceMs;
}

/** In which folder the workers of a run start: as those before them, so that a run can be taken up from any folder. */
export async function folderOfWorkers(
  plan: RunPlan,
  store: Store,
  { here, ...options }: Pick<OpenRunOptions, 'resumeId' | 'isFresh'> & { readonly here: string },
): Promise<string> {
  const open = await findOpenRun(plan, store, options);
  const [job] = open === undefined ? [] : await store.jobs(open.id);
  return job?.workingFolder ?? here;
}

/** Writes the run, or finds it, with what would be submitted for what is left of it, and what was submitted last. */
export async function openOrders(
  plan: RunPlan,
  options: Omit<LaunchOptions, 'launcher' | 'workingFolder'>,
): Promise<
  Pick<LaunchedRun, 'runId' | 'isResumed'> & {
    readonly orders: readonly WorkerOrder[];
    readonly known: readonly StoredJob[];
  }
> {
  const { store } = options;
  const opened = await openRun(plan, store, { ...options, ...newRunSeed() });
  // It may have been cancelled; its workers would leave at once.
  await store.requestStop(opened.runId, false);
  const cells = await store.cells(opened.runId);
  const open = new Set(
    cells.flatMap(({ state, model }) => (state === 'pending' || state === 'running' ? [model] : [])),
  );
  const orders = await ordersOf(plan, { ...options, runId: opened.runId });
  const known = newestAttempts(await store.jobs(opened.runId));
  const left = orders.filter(({ models }) => models.some((model) => open.has(model)));
  return { ...opened, known, orders: left.map((order) => attemptAfter(order, known)) };
}

function attemptAfter(order: WorkerOrder, known: readonly StoredJob[]): WorkerOrder {
  const before = known.find((job) => orderBase(job) === orderBase(order));
  if (before === undefined) return order;
  // One that was recorded and perhaps not submitted has the same name again, by which the engine finds it.
  return nextAttempt(order, before.handle === undefined ? before.attempt : before.attempt + 1);
}
