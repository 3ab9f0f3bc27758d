import type { JobRecord, Launcher, WorkerOrder } from '../../core/cluster.ts';
import { UsageError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { openRun, type OpenRunOptions } from '../../run/open-run.ts';
import type { RunPlan } from '../../run/plan.ts';
import { isServerStore } from '../../core/store-address.ts';
import { newRunSeed } from '../run-dependencies.ts';
import { isAlive } from './job-states.ts';
import { newestAttempts, nextAttempt, orderBase, type OrderOptions, ordersOf } from './orders.ts';

export interface LaunchOptions
  extends Omit<OpenRunOptions, 'now' | 'random'>, Pick<OrderOptions, 'storeUrl' | 'workers'> {
  readonly store: Store;
  readonly launcher: Launcher;
}

export interface LaunchedRun {
  readonly runId: string;
  readonly isResumed: boolean;
  /** What was submitted now; what waits or runs already isn't submitted again. */
  readonly submitted: readonly JobRecord[];
  /** As {@link Launcher.caution}, of what was submitted. */
  readonly caution: string | undefined;
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
  const { store, launcher } = options;
  // The names are those of no run yet: nothing is written before the engine has said that it can be had.
  await launcher.check(await ordersOf(plan, { ...options, runId: 'new' }));
  const { orders, ...opened } = await openOrders(plan, options);
  const known = newestAttempts(await store.jobs(opened.runId));
  const statuses = known.length === 0 ? [] : await launcher.list(opened.runId);
  const submitted: JobRecord[] = [];
  for (const order of orders) {
    const before = known.find((job) => orderBase(job) === orderBase(order));
    const isThere = statuses.some(({ name, state }) => name === before?.name && isAlive(state));
    // One that was recorded and perhaps not submitted has the same name again, by which the engine finds it.
    const attempt = before?.handle === undefined ? (before?.attempt ?? 1) : before.attempt + 1;
    if (!isThere) submitted.push(await submitOrder(nextAttempt(order, attempt), options));
  }
  return { ...opened, submitted, caution: launcher.caution?.(submitted) };
}

/** Writes the run, or finds it, with what would be submitted for what is left of it. */
export async function openOrders(
  plan: RunPlan,
  options: Omit<LaunchOptions, 'launcher'>,
): Promise<Pick<LaunchedRun, 'runId' | 'isResumed'> & { readonly orders: readonly WorkerOrder[] }> {
  const { store } = options;
  const opened = await openRun(plan, store, { ...options, ...newRunSeed() });
  // It may have been cancelled; its workers would leave at once.
  await store.requestStop(opened.runId, false);
  const cells = await store.cells(opened.runId);
  const open = new Set(
    cells.flatMap(({ state, model }) => (state === 'pending' || state === 'running' ? [model] : [])),
  );
  const orders = await ordersOf(plan, { ...options, runId: opened.runId });
  return { ...opened, orders: orders.filter(({ models }) => models.some((model) => open.has(model))) };
}

/** The record comes first: after a crash in between, the engine is asked for the same name again. */
export async function submitOrder(
  order: WorkerOrder,
  { store, launcher }: Pick<LaunchOptions, 'store' | 'launcher'>,
): Promise<JobRecord> {
  const job = { ...order, launcher: launcher.name, state: 'pending', reason: undefined } as const;
  await store.putJob({ ...job, handle: undefined });
  const submitted = { ...job, handle: await launcher.submit(order) };
  await store.putJob(submitted);
  return submitted;
}
