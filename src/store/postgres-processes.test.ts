import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { linesOf, startWriter } from '../../test/setup/store-writers.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import type { NewCell, Store } from '../core/store.ts';
import { openPostgresStore } from './postgres-store.ts';

const server = usePostgres();
const owners = ['a', 'b', 'c', 'd'];

async function newStore(cells: readonly NewCell[], now?: () => number): Promise<{ address: string; store: Store }> {
  const address = await server().newDatabase();
  const store = await openPostgresStore({ address, now });
  await store.createRun(newRun('run-1'), cells);
  return { address, store };
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

it('lets four processes share the cells, each cell done by one of them', { timeout: 60_000 }, async () => {
  const cellIds = range(40).map((index) => `cell-${index}`);
  const { address, store: made } = await newStore(cellIds.map((id, position) => newCell(id, position)));
  await using store = made;
  const ended = await Promise.all(owners.map(async (owner) => linesOf(startWriter(address, owner, 'share'))));
  expect(ended.flat().toSorted()).toEqual(cellIds.toSorted());
  for (const cell of await store.cells('run-1')) {
    expect(cell).toMatchObject({ state: 'done', attempt: 1 });
    const writers = (await Array.fromAsync(store.samples(cell.id))).map((sample) => sample.output);
    const owner = owners[ended.findIndex((cells) => cells.includes(cell.id))];
    expect(writers).toEqual(range(5).map(() => owner));
  }
});

it('gives each model to one of four processes', { timeout: 60_000 }, async () => {
  const models = range(24).map((index) => `model-${index}`);
  const cells = range(3).flatMap((task) =>
    models.map((model, index) => ({ ...newCell(`${model}-${task}`, task * models.length + index), model })),
  );
  const { address, store: made } = await newStore(cells);
  await using _ = made;
  const taken = await Promise.all(owners.map(async (owner) => linesOf(startWriter(address, owner, 'models'))));
  expect(taken.flat().toSorted()).toEqual(models.map((model) => `${model}-0 ${model}-1 ${model}-2`).toSorted());
});

it(
  'gives a model as a whole, also while a helper writes answers to one of its cells',
  { timeout: 60_000 },
  async () => {
    const cells = range(3).map((position) => ({ ...newCell(`cell-${position}`, position), model: 'm', blocks: 2 }));
    const { address, store: made } = await newStore(cells);
    await using store = made;
    const { Client } = await import('pg');
    const helper = new Client({ connectionString: address });
    await helper.connect();
    const writes = [
      "insert into pass_result (cell_id, sequence, attempt, result) values ('cell-0', 99, 1, '{}')",
      "update cell set key = 'key' where id = 'cell-0'",
    ];
    try {
      for (const [index, write] of writes.entries()) {
        await helper.query('begin');
        await helper.query(write);
        const claiming = store.claimModel('run-1', `owner-${index}`, 30_000);
        // The first need not wait for it; the second can't go on before.
        if (index === 0) await claiming;
        await helper.query('commit');
        const claims = await claiming;
        expect(claims.map(({ cellId }) => cellId)).toEqual(['cell-0', 'cell-1', 'cell-2']);
        for (const claim of claims) await store.releaseCell(claim);
      }
    } finally {
      await helper.end();
    }
  },
);

it('goes by the clock of the server, whatever those of workers say', { timeout: 60_000 }, async () => {
  const { address, store: made } = await newStore([{ ...newCell('cell-0'), blocks: 1 }]);
  await using _ = made;
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  for (const [index, offMs] of [600_000, -600_000].entries()) {
    await using store = await openPostgresStore({ address });
    const trueMs = Date.now();
    const claim = await mustClaim(store, 'cell-0', `owner-${index}`, 30_000);
    const block = await store.claimBlock('run-1', `owner-${index}`, 30_000);
    vi.setSystemTime(trueMs + offMs);
    expect(await store.claimCell('cell-0', 'successor', 30_000)).toBeUndefined();
    expect(await store.claimModel('run-1', 'successor', 30_000)).toEqual([]);
    expect(await store.claimBlock('run-1', 'successor', 30_000)).toBeUndefined();
    expect(await store.openWork('run-1', 30_000)).toMatchObject({ claimable: 0, held: 1, claimableBlocks: 0 });
    expect(await store.blocks('cell-0')).toMatchObject([{ isClaimable: false }]);
    await store.renewLease(claim, 30_000);
    vi.setSystemTime(trueMs);
    expect(await store.claimCell('cell-0', 'successor', 30_000)).toBeUndefined();
    await store.releaseCell(claim);
    if (block !== undefined) await store.releaseCell(block);
  }
});

it('lets four processes make one new store', { timeout: 60_000 }, async () => {
  const address = await server().newDatabase();
  const printed = await Promise.all(owners.map(async (owner) => linesOf(startWriter(address, owner, 'share'))));
  // Nothing to claim: a line would be an error.
  expect(printed).toEqual([[], [], [], []]);
  await using store = await openPostgresStore({ address });
  expect((await store.listRuns()).map((run) => run.id)).toEqual(['run-of-d', 'run-of-c', 'run-of-b', 'run-of-a']);
});

it('can be made by many at the same moment', { timeout: 60_000 }, async () => {
  for (const _ of range(5)) {
    const address = await server().newDatabase();
    const opened = await Promise.all(range(8).map(async () => openPostgresStore({ address })));
    expect(await Promise.all(opened.map(async (store) => store.countRuns()))).toEqual(range(8).map(() => 0));
    await Promise.all(opened.map(async (store) => store[Symbol.asyncDispose]()));
  }
});

it('has all that was acknowledged when the writer is killed', { timeout: 60_000 }, async () => {
  let aheadMs = 0;
  const { address, store: made } = await newStore([newCell('cell-0')], () => Date.now() + aheadMs);
  await using store = made;
  for (const linesBeforeKill of [2, 17, 40]) {
    const writer = startWriter(address, `after-${linesBeforeKill}`, 'append');
    let count = 0;
    const lines = await linesOf(writer, () => {
      count += 1;
      if (count === linesBeforeKill) writer.kill('SIGKILL');
    });
    expect(writer.signalCode).toBe('SIGKILL');
    const found = await store.finishedItemIds('cell-0');
    for (const position of range(Number(lines.at(-1)))) expect(found).toContain(`item-${position}`);
    // Batches are whole: at most the one in flight is there besides.
    expect(found.size % 3).toBe(0);
    // The dead process still has its lease, and loses it in time.
    expect(await store.claimCell('cell-0', 'successor', 60_000)).toBeUndefined();
    aheadMs = 61_000;
    await store.releaseCell(await mustClaim(store, 'cell-0', 'successor'));
    aheadMs = 0;
  }
});

it('refuses the writes of a process whose cell was taken over', { timeout: 60_000 }, async () => {
  let nowMs = Date.now();
  const { address, store: made } = await newStore([newCell('cell-0')], () => nowMs);
  await using store = made;
  async function takeCellOver(): Promise<number> {
    nowMs += 3_600_000;
    const claim = await mustClaim(store, 'cell-0', 'successor', 3_600_000);
    expect(claim.attempt).toBe(2);
    const before = (await store.finishedItemIds('cell-0')).size;
    await store.appendSamples(claim, [sampleAt(1e6, { output: 'successor' })], 3_600_000);
    return before;
  }
  let takeOver: Promise<number> | undefined;
  const lines = await linesOf(startWriter(address, 'orphan', 'append'), (line) => {
    if (Number(line) >= 30) takeOver ??= takeCellOver();
  });
  expect(lines.at(-1)).toBe('PB_FENCED');
  expect((await store.finishedItemIds('cell-0')).size).toBe(((await takeOver) ?? 0) + 1);
});

it('refuses the writes of a process that was stopped for longer than its lease', { timeout: 60_000 }, async () => {
  const { address, store: made } = await newStore([newCell('cell-0')]);
  await using store = made;
  const writer = startWriter(address, 'orphan', 'append');
  let taken: Promise<unknown> | undefined;
  async function takeOver(): Promise<void> {
    await server().query("update cell set lease_until_ms = 0 where id = 'cell-0'", new URL(address).pathname.slice(1));
    await mustClaim(store, 'cell-0', 'successor', 60_000);
    writer.kill('SIGCONT');
  }
  const lines = await linesOf(writer, (line) => {
    if (Number(line) < 30 || taken !== undefined) return;
    writer.kill('SIGSTOP');
    taken = takeOver();
  });
  await taken;
  expect(lines.at(-1)).toBe('PB_FENCED');
  expect((await store.cells('run-1'))[0]).toMatchObject({ state: 'running', attempt: 2 });
});

it('writes everything once, however often the server is stopped, or crashes', { timeout: 120_000 }, async () => {
  const { address, store: made } = await newStore(owners.map((id, position) => newCell(id, position)));
  const seed = (await made.getRun('run-1'))?.manifest.seed ?? 0;
  await made[Symbol.asyncDispose]();
  const begun = new Set<string>();
  const working = Promise.all(
    owners.map(async (owner) => linesOf(startWriter(address, owner, 'passes'), () => begun.add(owner))),
  );
  let isDone = false;
  void working.finally(() => {
    isDone = true;
  });
  let stops = 0;
  for (; !isDone && stops < 6; stops += 1) {
    do await sleep(100);
    while (!isDone && begun.size < owners.length);
    begun.clear();
    await server().stop(stops % 2 === 0 ? 'kill' : 'fast');
    await server().start();
  }
  expect(stops).toBeGreaterThan(1);
  const all = range(200);
  expect(await working).toEqual(owners.map(() => all.map(String)));
  await using store = await openPostgresStore({ address });
  for (const owner of owners) {
    expect((await store.passResults(owner)).map(({ launch }) => launch)).toEqual(all);
  }
  expect((await store.cells('run-1')).map(({ state }) => state)).toEqual(owners.map(() => 'done'));
  expect((await store.getRun('run-1'))?.manifest.seed).toBe(seed + owners.length * 200);
});
