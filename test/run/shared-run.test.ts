import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { startWorkerProcess } from '../setup/cluster-workers.ts';

it('goes on with other models when its cells were taken over while it stood still', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-shared-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.db');
  const stopped = startWorkerProcess('shared-run.ts', file);
  await stopped.said(/^asked /);
  stopped.child.kill('SIGSTOP');
  // Both of its cells are free by then.
  await sleep(900);
  const other = startWorkerProcess('shared-run.ts', file);
  await other.said(/^cell-end /, 2);
  other.child.kill('SIGKILL');
  await other.ended;
  stopped.child.kill('SIGCONT');
  const code = await stopped.ended;
  expect(stopped.lines.filter((line) => line.includes('another process has taken over this cell'))).toHaveLength(2);
  expect([code, stopped.lines.at(-1)]).toEqual([0, 'end finished']);
  await using store = await openSqliteStore({ file });
  const run = await store.latestRun();
  const cells = await store.cells(run?.id ?? '');
  expect(cells.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'done'));
  for (const { id } of cells) expect((await store.sampleSummary(id)).items).toBe(40);
});
