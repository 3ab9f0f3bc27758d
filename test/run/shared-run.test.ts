import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';

interface Worker {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly lines: readonly string[];
  said(pattern: RegExp, times?: number): Promise<void>;
  readonly ended: Promise<unknown>;
}

function startWorker(file: string): Worker {
  const program = join(import.meta.dirname, '../fixtures/shared-run.ts');
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
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
    ended: once(child, 'close'),
  };
}

it('goes on with other models when its cells were taken over while it stood still', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-shared-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.db');
  const stopped = startWorker(file);
  await stopped.said(/^asked /);
  stopped.child.kill('SIGSTOP');
  // Both of its cells are free by then.
  await sleep(900);
  const other = startWorker(file);
  await other.said(/^cell-end /, 2);
  other.child.kill('SIGKILL');
  await other.ended;
  stopped.child.kill('SIGCONT');
  const [code] = (await stopped.ended) as [number | null];
  expect(stopped.lines.filter((line) => line.includes('another process has taken over this cell'))).toHaveLength(2);
  expect([code, stopped.lines.at(-1)]).toEqual([0, 'end finished']);
  await using store = await openSqliteStore({ file });
  const run = await store.latestRun();
  const cells = await store.cells(run?.id ?? '');
  expect(cells.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'done'));
  for (const { id } of cells) expect((await store.sampleSummary(id)).items).toBe(40);
});
