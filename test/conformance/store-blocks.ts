import { describe, expect, it, onTestFinished } from 'vitest';
import { FencedError } from '../../src/core/errors.ts';
import type { Claim, NewCell, Store } from '../../src/core/store.ts';
import { mustClaim, type OpenedStore, type OpenStore } from './open-store.ts';
import { newCell, newRun, passResult, sampleAt } from './store-records.ts';

const modelsOf: Readonly<Record<string, string>> = { 'a-0': 'a', 'b-0': 'b', 'a-1': 'a', 'b-1': 'b' };

/** Two models on two tasks, in turn; `blocks` for each cell. */
async function openWithModels(open: OpenStore, blocks = 0): Promise<OpenedStore> {
  const clock = { nowMs: 10_000 };
  const store = await open(() => clock.nowMs);
  onTestFinished(async () => store[Symbol.asyncDispose]());
  const cells = Object.entries(modelsOf).map(([id, model], position): NewCell => ({
    ...newCell(id, position),
    model,
    blocks,
  }));
  await store.createRun(newRun('run-1'), cells);
  return { store, clock };
}

const idsOf = (claims: readonly Claim[]): readonly string[] => claims.map(({ cellId }) => cellId);

async function mustClaimBlock(store: Store, cellId = 'a-0', owner = 'owner-a'): Promise<Claim> {
  const claim = await store.claimBlock('run-1', owner, 1_000, { cellId });
  if (claim === undefined) throw new Error(`no block of ${cellId} could be claimed`);
  return claim;
}

export function testModelClaims(open: OpenStore): void {
  it('gives a worker all cells of one model, in the order of the run', async () => {
    const { store } = await openWithModels(open);
    expect(await store.claimModel('run-1', 'owner-a', 1_000)).toEqual([
      { cellId: 'a-0', attempt: 1, owner: 'owner-a' },
      { cellId: 'a-1', attempt: 1, owner: 'owner-a' },
    ]);
    expect(idsOf(await store.claimModel('run-1', 'owner-b', 1_000))).toEqual(['b-0', 'b-1']);
    expect(await store.claimModel('run-1', 'owner-c', 1_000)).toEqual([]);
    expect(await store.claimModel('nowhere', 'owner-c', 1_000)).toEqual([]);
  });

  it('gives only cells of the models that were asked for', async () => {
    const { store } = await openWithModels(open);
    expect(await store.claimModel('run-1', 'owner-a', 1_000, ['c'])).toEqual([]);
    expect(await store.claimModel('run-1', 'owner-a', 1_000, [])).toEqual([]);
    expect(idsOf(await store.claimModel('run-1', 'owner-a', 1_000, ['b', 'c']))).toEqual(['b-0', 'b-1']);
  });

  it('leaves out what has ended or is held, and takes what a dead worker held', async () => {
    const { store, clock } = await openWithModels(open);
    const ended = await mustClaim(store, 'a-0');
    await store.endCell(ended, { state: 'failed', measurements: {}, error: undefined });
    await mustClaim(store, 'b-0', 'owner-b');
    expect(idsOf(await store.claimModel('run-1', 'owner-a', 1_000))).toEqual(['a-1']);
    expect(idsOf(await store.claimModel('run-1', 'owner-a', 1_000))).toEqual(['b-1']);
    clock.nowMs += 1_000;
    expect(await store.claimModel('run-1', 'owner-c', 1_000)).toEqual([
      { cellId: 'b-0', attempt: 2, owner: 'owner-c' },
      { cellId: 'b-1', attempt: 2, owner: 'owner-c' },
    ]);
    expect(await store.claimModel('run-1', 'owner-c', 1_000)).toEqual([
      { cellId: 'a-1', attempt: 2, owner: 'owner-c' },
    ]);
  });

  it('never parts a model between two that claim at once', async () => {
    const { store } = await openWithModels(open);
    const owners = ['owner-a', 'owner-b', 'owner-c', 'owner-d'];
    const claims = await Promise.all(owners.map(async (owner) => store.claimModel('run-1', owner, 1_000)));
    expect(claims.map((each) => idsOf(each).join(' ')).toSorted()).toEqual(['', '', 'a-0 a-1', 'b-0 b-1']);
  });

  it('counts what is left', async () => {
    const { store, clock } = await openWithModels(open, 3);
    const left = async (models?: readonly string[]): Promise<unknown> => store.openWork('run-1', 1_000, models);
    const rest = { isStopRequested: false };
    expect(await left()).toEqual({ claimable: 4, held: 0, claimableBlocks: 12, ...rest });
    const claim = await mustClaim(store, 'a-0');
    await store.claimBlock('run-1', 'owner-b', 1_000, { cellId: 'a-0' });
    expect(await left()).toEqual({ claimable: 3, held: 1, claimableBlocks: 11, ...rest });
    expect(await left(['a'])).toEqual({ claimable: 1, held: 1, claimableBlocks: 5, ...rest });
    expect(await left([])).toEqual({ claimable: 0, held: 0, claimableBlocks: 0, ...rest });
    clock.nowMs += 1_000;
    expect(await left()).toEqual({ claimable: 4, held: 0, claimableBlocks: 12, ...rest });
    await store.endCell(claim, { state: 'done', measurements: {}, error: undefined });
    expect(await left()).toEqual({ claimable: 3, held: 0, claimableBlocks: 9, ...rest });
    expect(await store.openWork('nowhere', 1_000)).toEqual({ claimable: 0, held: 0, claimableBlocks: 0, ...rest });
  });
}

const blockWrites: Readonly<Record<string, (store: Store, claim: Claim) => Promise<unknown>>> = {
  renewLease: (store, claim) => store.renewLease(claim, 1_000),
  setCellKey: (store, claim) => store.setCellKey(claim, 'stale'),
  appendSamples: (store, claim) => store.appendSamples(claim, [sampleAt(7)], 1_000),
  releaseCell: (store, claim) => store.releaseCell(claim),
  endBlock: (store, claim) => store.endBlock(claim),
};

const blockLosses: Readonly<
  Record<string, (store: Store, claim: Claim, clock: { nowMs: number }) => Promise<unknown>>
> = {
  'another process took the block over': async (store, _claim, clock) => {
    clock.nowMs += 1_000;
    return mustClaimBlock(store, 'a-0', 'owner-b');
  },
  'the block was released': async (store, claim) => store.releaseCell(claim),
  'the block has ended': async (store, claim) => store.endBlock(claim),
  'the cell has ended': async (store, claim) =>
    store.endCell(await mustClaim(store, claim.cellId), { state: 'failed', measurements: {}, error: undefined }),
};

export function testBlocks(open: OpenStore): void {
  it('splits a cell into blocks, and only where it is told to', async () => {
    const { store } = await openWithModels(open, 2);
    await store.createRun(newRun('run-2'), [newCell('whole')]);
    expect(await store.blocks('a-1')).toEqual([
      { cellId: 'a-1', index: 0, state: 'pending', isClaimable: true, attempt: 0 },
      { cellId: 'a-1', index: 1, state: 'pending', isClaimable: true, attempt: 0 },
    ]);
    expect(await store.blocks('whole')).toEqual([]);
    expect(await store.claimBlock('run-2', 'owner-a', 1_000)).toBeUndefined();
  });

  it('hands out blocks in the order of the run, each to one', async () => {
    const { store, clock } = await openWithModels(open, 2);
    const first = { cellId: 'a-0', block: 0, attempt: 1, owner: 'owner-a' };
    expect(await store.claimBlock('run-1', 'owner-a', 1_000)).toEqual(first);
    expect(await store.claimBlock('run-1', 'owner-b', 1_000)).toMatchObject({ cellId: 'a-0', block: 1 });
    expect(await store.claimBlock('run-1', 'owner-c', 1_000)).toMatchObject({ cellId: 'b-0', block: 0 });
    expect(await store.claimBlock('run-1', 'owner-c', 1_000, { models: ['a'] })).toMatchObject({ cellId: 'a-1' });
    expect(await store.claimBlock('run-1', 'owner-c', 1_000, { cellId: 'a-0' })).toBeUndefined();
    expect(await store.claimBlock('run-1', 'owner-c', 1_000, { models: [] })).toBeUndefined();
    clock.nowMs += 1_000;
    expect(await store.claimBlock('run-1', 'owner-d', 1_000)).toEqual({ ...first, attempt: 2, owner: 'owner-d' });
  });

  it('says which blocks can be claimed', async () => {
    const { store, clock } = await openWithModels(open, 3);
    const claimable = async (): Promise<unknown> => (await store.blocks('a-0')).map((block) => block.isClaimable);
    await store.endBlock(await mustClaimBlock(store));
    await mustClaimBlock(store);
    expect(await claimable()).toEqual([false, false, true]);
    clock.nowMs += 1_000;
    expect(await claimable()).toEqual([false, true, true]);
  });

  it('hands out blocks of a cell that somebody holds, and of none that has ended', async () => {
    const { store } = await openWithModels(open, 1);
    const cell = await mustClaim(store, 'a-0');
    const block = await mustClaimBlock(store, 'a-0', 'owner-b');
    await store.releaseCell(block);
    await store.endCell(cell, { state: 'failed', measurements: {}, error: undefined });
    expect(await store.claimBlock('run-1', 'owner-b', 1_000, { cellId: 'a-0' })).toBeUndefined();
  });

  it('gives each block to one of many that claim at once', async () => {
    const { store } = await openWithModels(open, 3);
    const claims = await Promise.all(
      Array.from({ length: 14 }, async (_, index) => store.claimBlock('run-1', `owner-${index}`, 1_000)),
    );
    const names = claims.flatMap((claim) => (claim === undefined ? [] : [`${claim.cellId}.${claim.block}`]));
    const all = Object.keys(modelsOf).flatMap((id) => [0, 1, 2].map((block) => `${id}.${block}`));
    expect(names.toSorted()).toEqual(all.toSorted());
  });

  it('takes answers under a claim on a block, and keeps its lease', async () => {
    const { store, clock } = await openWithModels(open, 1);
    const claim = await mustClaimBlock(store);
    for (const position of [0, 1]) {
      clock.nowMs += 900;
      await store.appendSamples(claim, [sampleAt(position)], 1_000);
    }
    clock.nowMs += 900;
    expect(await store.claimBlock('run-1', 'owner-b', 1_000, { cellId: 'a-0' })).toBeUndefined();
    expect(await store.finishedItemIds('a-0')).toEqual(new Set(['item-0', 'item-1']));
    const result = passResult({ hostname: 'node-2' });
    await store.endBlock(claim, result);
    const done = { cellId: 'a-0', index: 0, state: 'done', isClaimable: false, attempt: 1, result };
    expect(await store.blocks('a-0')).toEqual([done]);
    clock.nowMs += 1e9;
    expect(await store.claimBlock('run-1', 'owner-b', 1_000, { cellId: 'a-0' })).toBeUndefined();
    expect((await store.cells('run-1'))[0]).toMatchObject({ state: 'pending', attempt: 0 });
  });

  it('lets the first name what a cell is begun with, and nobody begin it with something else', async () => {
    const { store } = await openWithModels(open, 2);
    const block = await mustClaimBlock(store);
    const claims = [block, await mustClaimBlock(store, 'a-0', 'owner-b'), await mustClaim(store, 'a-0')];
    const keyOf = async (): Promise<unknown> => (await store.cells('run-1'))[0]?.key;
    expect(await store.setCellKey(block, 'build-1')).toBe(true);
    for (const claim of claims) {
      expect(await store.setCellKey(claim, 'build-1')).toBe(true);
      expect(await store.setCellKey(claim, 'build-2')).toBe(false);
      expect(await store.setCellKey(claim, 'build-2', 'build-0')).toBe(false);
      expect(await keyOf()).toBe('build-1');
    }
    expect(await store.setCellKey(block, 'anew-1', 'build-1')).toBe(true);
    expect(await keyOf()).toBe('anew-1');
  });

  it('takes nothing of a cell under a claim on a block but answers', async () => {
    const { store } = await openWithModels(open, 1);
    const claim = await mustClaimBlock(store);
    const wrong = 'a claim on a block is none on its cell';
    await expect(store.appendPassResult(claim, passResult())).rejects.toThrow(wrong);
    await expect(store.setCellItems(claim, 1)).rejects.toThrow(wrong);
    await expect(store.endCell(claim, { state: 'done', measurements: {}, error: undefined })).rejects.toThrow(wrong);
    expect(await store.passResults('a-0')).toEqual([]);
  });

  describe.each(Object.entries(blockLosses))('after %s', (_name, lose) => {
    it.each(Object.entries(blockWrites))('refuses %s', async (_write, write) => {
      const { store, clock } = await openWithModels(open, 1);
      const claim = await mustClaimBlock(store);
      await lose(store, claim, clock);
      const before = [await store.blocks('a-0'), await store.cells('run-1')];
      await expect(write(store, claim)).rejects.toThrow(FencedError);
      expect([await store.blocks('a-0'), await store.cells('run-1')]).toEqual(before);
      expect((await store.finishedItemIds('a-0')).size).toBe(0);
    });
  });
}
