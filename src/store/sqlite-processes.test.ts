import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { linesOf, startWriter } from '../../test/setup/store-writers.ts';
import { openSqliteStore } from './sqlite-store.ts';

const openerFile = join(import.meta.dirname, '../../test/fixtures/store-opener.ts');

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'results.db');
}

it('lets four processes share the cells, each cell done by one of them', { timeout: 60_000 }, async () => {
  const file = newFile();
  const cellIds = Array.from({ length: 40 }, (_, index) => `cell-${index}`);
  {
    await using store = await openSqliteStore({ file });
    await store.createRun(
      newRun('run-1'),
      cellIds.map((id, position) => newCell(id, position)),
    );
  }
  const owners = ['a', 'b', 'c', 'd'];
  const ended = await Promise.all(owners.map(async (owner) => linesOf(startWriter(file, owner, 'share'))));
  expect(ended.flat().toSorted()).toEqual(cellIds.toSorted());
  await using store = await openSqliteStore({ file });
  for (const cell of await store.cells('run-1')) {
    expect(cell).toMatchObject({ state: 'done', attempt: 1 });
    const writers = (await Array.fromAsync(store.samples(cell.id))).map((sample) => sample.output);
    const owner = owners[ended.findIndex((cells) => cells.includes(cell.id))];
    expect(writers).toEqual(Array.from({ length: 5 }, () => owner));
  }
});

it('gives each model to one of four processes', { timeout: 60_000 }, async () => {
  const file = newFile();
  const models = Array.from({ length: 12 }, (_, index) => `model-${index}`);
  {
    await using store = await openSqliteStore({ file });
    const cells = [0, 1, 2].flatMap((task) =>
      models.map((model, index) => ({ ...newCell(`${model}-${task}`, task * 12 + index), model })),
    );
    await store.createRun(newRun('run-1'), cells);
  }
  const taken = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (owner) => linesOf(startWriter(file, owner, 'models'))),
  );
  expect(taken.flat().toSorted()).toEqual(models.map((model) => `${model}-0 ${model}-1 ${model}-2`).toSorted());
});

it('lets four processes make one new store', { timeout: 60_000 }, async () => {
  const file = newFile();
  const owners = ['a', 'b', 'c', 'd'];
  const printed = await Promise.all(owners.map(async (owner) => linesOf(startWriter(file, owner, 'share'))));
  // Nothing to claim: a line would be an error.
  expect(printed).toEqual([[], [], [], []]);
  await using store = await openSqliteStore({ file });
  expect((await store.listRuns()).map((run) => run.id)).toEqual(['run-of-d', 'run-of-c', 'run-of-b', 'run-of-a']);
});

// SQLite answers "locked" at once, without waiting, to some of those that switch a new file to the write-ahead log
// together: about one in forty here.
it('can be made by many at the same moment', { timeout: 60_000 }, async () => {
  const files = Array.from({ length: 50 }, newFile);
  const start = new Int32Array(new SharedArrayBuffer(4));
  const openers = Array.from({ length: 4 }, () => new Worker(openerFile, { workerData: { files, start } }));
  onTestFinished(async () => {
    await Promise.all(openers.map(async (opener) => opener.terminate()));
  });
  async function answers(): Promise<readonly unknown[]> {
    return Promise.all(openers.map(async (opener) => (await once(opener, 'message'))[0] as unknown));
  }
  expect(await answers()).toEqual(['ready', 'ready', 'ready', 'ready']);
  for (const round of files.keys()) {
    const opened = answers();
    Atomics.store(start, 0, round + 1);
    Atomics.notify(start, 0);
    expect(await opened).toEqual(['opened', 'opened', 'opened', 'opened']);
  }
});

it('has all that was acknowledged when the writer is killed', { timeout: 60_000 }, async () => {
  const file = newFile();
  {
    await using store = await openSqliteStore({ file });
    await store.createRun(newRun('run-1'), [newCell('cell-0')]);
  }
  for (const linesBeforeKill of [2, 17, 40]) {
    const writer = startWriter(file, `after-${linesBeforeKill}`, 'append');
    let count = 0;
    const lines = await linesOf(writer, () => {
      count += 1;
      if (count === linesBeforeKill) writer.kill('SIGKILL');
    });
    expect(writer.signalCode).toBe('SIGKILL');
    const acknowledged = Number(lines.at(-1));
    expect(acknowledged).toBeGreaterThan(0);
    let nowMs = Date.now();
    await using store = await openSqliteStore({ file, now: () => nowMs });
    const found = await store.finishedItemIds('cell-0');
    for (let position = 0; position < acknowledged; position += 1) expect(found).toContain(`item-${position}`);
    // Batches are whole: at most the one in flight is there besides.
    expect(found.size % 3).toBe(0);
    // The dead process still has its lease, and loses it in time.
    expect(await store.claimCell('cell-0', 'successor', 60_000)).toBeUndefined();
    nowMs += 61_000;
    await store.releaseCell(await mustClaim(store, 'cell-0', 'successor'));
  }
});

it('refuses the writes of a process whose cell was taken over', { timeout: 60_000 }, async () => {
  const file = newFile();
  let nowMs = Date.now();
  await using store = await openSqliteStore({ file, now: () => nowMs });
  await store.createRun(newRun('run-1'), [newCell('cell-0')]);
  let takeOver: Promise<number> | undefined;
  const writer = startWriter(file, 'orphan', 'append');
  const lines = await linesOf(writer, (line) => {
    if (Number(line) >= 30) takeOver ??= takeCellOver();
  });
  async function takeCellOver(): Promise<number> {
    nowMs += 3_600_000;
    const claim = await mustClaim(store, 'cell-0', 'successor', 3_600_000);
    expect(claim.attempt).toBe(2);
    const before = (await store.finishedItemIds('cell-0')).size;
    await store.appendSamples(claim, [sampleAt(1e6, { output: 'successor' })], 3_600_000);
    return before;
  }
  expect(lines.at(-1)).toBe('PB_FENCED');
  expect((await store.finishedItemIds('cell-0')).size).toBe(((await takeOver) ?? 0) + 1);
});
