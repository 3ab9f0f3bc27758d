import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { WorkOptions } from '../../src/app/cluster/work-options.ts';
import { prepareRun } from '../../src/app/prepare-run.ts';
import { libraryContext } from '../../src/app/run.ts';
import type { HostFacts } from '../../src/core/manifest.ts';
import type { Store } from '../../src/core/store.ts';
import { type SuiteInput, suiteSchema } from '../../src/core/suite.ts';
import { openRun } from '../../src/run/open-run.ts';

/** What a worker of tests is told: where its run is, what its machine is, and what `perbench work` would be told. */
export interface WorkerOrders extends Omit<WorkOptions, 'store' | 'signal' | 'framesDrawn' | 'skipWait'> {
  /** A file, or the address of a database. */
  readonly file: string;
  readonly runId: string;
  readonly folder: string;
  readonly machine?: Partial<HostFacts>;
}

export interface ClusterWorker {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly lines: readonly string[];
  said(pattern: RegExp, times?: number): Promise<void>;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a worker as a process of its own. */
export function startClusterWorker(orders: WorkerOrders): ClusterWorker {
  return startWorkerProcess('cluster-worker.ts', JSON.stringify(orders));
}

/** Starts a program of test/fixtures that tells what it does, line by line; it ends with the test. */
export function startWorkerProcess(fixture: string, argument: string): ClusterWorker {
  const program = join(import.meta.dirname, '../fixtures', fixture);
  const child = spawn(process.execPath, [program, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  let heard = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    heard.resolve();
    heard = Promise.withResolvers<void>();
  });
  return {
    child,
    lines,
    async said(pattern, times = 1) {
      while (lines.filter((line) => pattern.test(line)).length < times) await heard.promise;
    },
    ended: once(child, 'close').then(([code]) => code as number | null),
  };
}

/** A folder that is gone after the test. */
export function clusterFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-cluster-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Mock models that take some time for each token. */
export function slowMocks(names: readonly string[], tokenMs: number): SuiteInput['models'] {
  return names.map((name) => ({ name, source: name, engine: 'mock', engineOptions: { tokenMs } }));
}

/** Settings of suites whose windows are short; nobody waits for a quiet machine. */
export const briefSuite = {
  launches: 2,
  limit: 20,
  windowSeconds: 0.1,
  latencyRequests: 3,
  allowBusy: true,
  waitQuiet: 0,
  tasks: ['imdb/mini', 'arc_easy/mini'],
} as const satisfies Partial<SuiteInput>;

/** Writes a run into a store, as one that workers are to do. */
export async function writeRun(store: Store, folder: string, input: SuiteInput): Promise<string> {
  const context = libraryContext({ workingFolder: folder, environment: { XDG_CACHE_HOME: folder } });
  const plan = await prepareRun(suiteSchema.parse(input), context, new AbortController().signal);
  const { runId } = await openRun(plan, store, { isFresh: true, now: new Date(), random: Math.random });
  await context.meter[Symbol.asyncDispose]?.();
  return runId;
}

/** What a run answered, item by item. */
export async function answersOf(store: Store, runId: string): Promise<readonly (readonly unknown[])[]> {
  const rows: unknown[][] = [];
  for (const cell of await store.cells(runId)) {
    for await (const { itemId, promptSha256, output, answer, score } of store.samples(cell.id))
      rows.push([cell.model, cell.taskId, itemId, promptSha256, output, answer, score]);
  }
  return rows;
}
