import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/core/store.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { busyTests } from '../setup/busy-tests.ts';

const program = join(import.meta.dirname, '../../bin/perbench.cjs');

/** A folder for one test, gone when it ends. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'perbench-e2e-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface PerbenchProcess {
  readonly child: ChildProcess;
  /** The stdout so far, as JSON lines. */
  events(): readonly Readonly<Record<string, unknown>>[];
  stderr(): string;
  readonly ended: Promise<number | null>;
}

/** Starts `perbench` in a folder, with `--json`. */
export function startPerbench(folder: string, ...words: readonly string[]): PerbenchProcess {
  const child = spawn(process.execPath, [program, ...words, '--json'], {
    cwd: folder,
    env: { ...busyTests, ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    events: () =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    stderr: () => err,
    ended,
  };
}

export async function openStoreIn(folder: string): Promise<Store> {
  return openSqliteStore({ file: join(folder, '.perbench', 'perbench.db') });
}

/**
 * Model, task, item and score of every sample of the newest run. Log-likelihoods aren't in it: their last digits depend on
 * what else was in the batch.
 */
export async function scoresIn(folder: string): Promise<readonly string[]> {
  await using store = await openStoreIn(folder);
  const run = await store.latestRun();
  const rows: string[] = [];
  for (const cell of await store.cells(run?.id ?? '')) {
    for await (const { itemId, score } of store.samples(cell.id)) {
      rows.push(JSON.stringify([cell.model, cell.taskId, itemId, score]));
    }
  }
  return rows;
}

/** Process ids of the children of a process, on Linux. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const stat = textIn(`/proc/${name}/stat`);
      return stat !== undefined && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    })
    .map(Number);
}

/** Process ids of a perbench process's engines; its other children, such as a look at the graphics cards, come and go. */
export function enginesOf(pid: number): readonly number[] {
  return childrenOf(pid).filter((child) =>
    (textIn(`/proc/${child}/cmdline`) ?? '').includes(join('engines', 'llama-cpp', 'worker')),
  );
}

/** What a file of a process says; undefined once the process has gone. */
function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
}

/** Waits until a condition holds; fails after two minutes. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 120_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited two minutes for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
