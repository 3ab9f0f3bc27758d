import type { JobRecord, Launcher, StoredJob, WorkerOrder } from '../../core/cluster.ts';
import { UsageError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { findOpenRun, openRun, type OpenRunOptions } from '../../run/open-run.ts';
import type { RunPlan } from '../../run/plan.ts';
import { isServerStore } from '../../core/store-address.ts';
import { newRunSeed } from '../run-dependencies.ts';
import { isAlive } from './job-states.ts';
import { newestAttempts, nextAttempt, orderBase, type OrderOptions, ordersOf } from './orders.ts';
import { submissionMs, submitOrder } from './submit-order.ts';

export interface LaunchOptions
  extends Omit<OpenRunOptions, 'now' | 'random'>, Pick<OrderOptions, 'storeUrl' | 'workers'> {
  readonly store: Store;
  readonly launcher: Launcher;
  /** Absolute: in which workers start, by `folderOfWorkers`. */
  readonly workingFolder: string;
}

export interface LaunchedRun {
  readonly runId: string;
  readonly isResumed: boolean;
  /** What was submitted now; what waits or runs already isn't submitted again. */
  readonly submitted: readonly JobRecord[];
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

/** What workers need of the environment: a password in the address of the store goes into no words, but there. */
export function workerEnvironment<Environment extends Readonly<Record<string, string | undefined>>>(
  storeAddress: string,
  environment: Environment,
): Environment | (Environment & { readonly PGPASSWORD: string }) {
  const password = URL.parse(storeAddress)?.password ?? '';
  return password === '' ? environment : { ...environment, PGPASSWORD: decodeURIComponent(password) };
}

/**
 * Writes a run, or takes up the unfinished one that asks the same, and submits workers for what is left of it. Doing so a
 * second time submits nothing twice, also after a crash in the middle.
 *
 * @throws {LauncherError} if the engine can't be reached, or refuses an order; what was submitted before goes on
 * @throws as `openRun`
 */
export async function launchRun(plan: RunPlan, options: LaunchOptions): Promise<LaunchedRun> {
  const { store, launcher, workingFolder } = options;
  // The names are those of no run yet: nothing is written before the engine has said that it can be had.
  await launcher.check(await ordersOf(plan, { ...options, runId: 'new' }));
  const { orders, known, ...opened } = await openOrders(plan, options);
  const statuses = known.length === 0 ? [] : await launcher.list(opened.runId);
  const submitted: JobRecord[] = [];
  for (const order of orders) {
    const before = known.find((job) => orderBase(job) === orderBase(order));
    const own = statuses.filter(({ name }) => name === before?.name);
    if (own.some(({ state }) => isAlive(state)) || (own.length === 0 && before && mayAppear(before))) continue;
    const from = { store, launcher, workingFolder: before?.workingFolder ?? workingFolder };
    const job = await submitOrder(order, { ...from, tries: 1 });
    if (job !== undefined) submitted.push(job);
  }
  return { ...opened, submitted };
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
