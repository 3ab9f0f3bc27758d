import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import { launchRun, type LaunchedRun, type LaunchOptions } from '../../src/app/cluster/launch-run.ts';
import type { Launcher } from '../../src/core/cluster.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toyPlan } from '../run/toy-plan.ts';
import { asProcesses, LocalLauncher, type StartWorker } from './local-launcher.ts';

/** Of followers; toy workers keep theirs. */
export const leaseMs = 600;

export interface Followed {
  readonly events: readonly RunEvent[];
  readonly said: readonly string[];
}

/** A store in a file, and an engine that places workers of toy models on this machine. */
export class ToyCluster implements AsyncDisposable {
  readonly #folder: string;
  readonly file: string;
  readonly store: Store;
  engine: LocalLauncher;

  private constructor(folder: string, file: string, store: Store) {
    this.#folder = folder;
    this.file = file;
    this.store = store;
    this.engine = new LocalLauncher(this.toyWorkers(0));
  }

  static async open(): Promise<ToyCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'perbench-cluster-'));
    const file = join(folder, 'results.db');
    return new ToyCluster(folder, file, await openSqliteStore({ file }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }

  /** Processes of `toy-worker.ts` on the store, whose models take so long for a token. */
  toyWorkers(tokenMs: number): StartWorker {
    const program = join(import.meta.dirname, '../fixtures/toy-worker.ts');
    return asProcesses(({ models }) => [process.execPath, program, this.file, models.join(','), String(tokenMs)]);
  }

  async launch(toy: RunPlan, change: Partial<LaunchOptions> = {}): Promise<LaunchedRun> {
    const where = { workingFolder: this.#folder, storeUrl: this.file };
    const options = { store: this.store, launcher: this.engine, ...where, workers: undefined };
    return launchRun(toy, { ...options, ...change });
  }

  /** Follows until the end, or until `onEvent` aborts. */
  async follow(
    runId: string,
    onEvent: (event: RunEvent, detach: AbortController) => void | Promise<void> = () => undefined,
    launcher: Launcher | 'none' = this.engine,
  ): Promise<Followed> {
    const run = await this.store.getRun(runId);
    if (run === undefined) throw new Error('the run is stored');
    const detach = new AbortController();
    const options = {
      signal: detach.signal,
      isResumed: false,
      storeEveryMs: 20,
      jobsEveryMs: 40,
      leaseMs,
      graceMs: 300,
    };
    const events: RunEvent[] = [];
    const open = launcher === 'none' ? undefined : async () => launcher;
    for await (const event of followRun(this.store, run, open, options)) {
      events.push(event);
      await onEvent(event, detach);
    }
    const said = events.flatMap((event) => (event.type === 'note' || event.type === 'warning' ? [event.message] : []));
    return { events, said };
  }
}

/** Nodes without Node. */
export const failing = asProcesses(() => ['sh', '-c', 'echo starting; echo "node: command not found" >&2; exit 127']);

export const planOf = (models: Record<string, object> = { one: {}, two: {} }): RunPlan =>
  toyPlan({ models: { ...models } as never });

export const last = ({ events }: Followed): unknown => events.at(-1);

/** Its methods as properties, of which a test replaces one. */
export function launcherOf(local: LocalLauncher): Launcher {
  return {
    name: local.name,
    check: () => local.check(),
    submit: (order) => local.submit(order),
    list: (runId) => local.list(runId),
    cancel: (names) => local.cancel(names),
    tail: (status) => local.tail(status),
    print: (orders) => local.print(orders),
  };
}
