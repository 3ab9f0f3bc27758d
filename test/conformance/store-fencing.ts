import { describe, expect, it } from 'vitest';
import { FencedError } from '../../src/core/errors.ts';
import type { Claim, Store } from '../../src/core/store.ts';
import { openWithClaim, type OpenStore } from './open-store.ts';
import { passResult, sampleAt } from './store-records.ts';

const writes: Readonly<Record<string, (store: Store, claim: Claim) => Promise<unknown>>> = {
  renewLease: (store, claim) => store.renewLease(claim, 1_000),
  setCellKey: (store, claim) => store.setCellKey(claim, 'stale'),
  setCellItems: (store, claim) => store.setCellItems(claim, 1),
  appendSamples: (store, claim) => store.appendSamples(claim, [sampleAt(7)], 1_000),
  appendPassResult: (store, claim) => store.appendPassResult(claim, passResult()),
  endCell: (store, claim) => store.endCell(claim, { state: 'done', measurements: {}, error: undefined }),
  releaseCell: (store, claim) => store.releaseCell(claim),
};

const losses: Readonly<Record<string, (store: Store, claim: Claim, clock: { nowMs: number }) => Promise<void>>> = {
  'another process took the cell over': async (store, _claim, clock) => {
    clock.nowMs += 1_000;
    await store.claimCell('cell-0', 'owner-b', 1_000);
  },
  'the same owner claimed it anew': async (store, claim, clock) => {
    clock.nowMs += 1_000;
    await store.claimCell('cell-0', claim.owner, 1_000);
  },
  'the cell was released': async (store, claim) => store.releaseCell(claim),
  'the cell has ended': async (store, claim) =>
    store.endCell(claim, { state: 'failed', measurements: {}, error: undefined }),
};

/** Every write of a claim that is no longer valid must be refused, and leave no trace. */
export function testFencing(open: OpenStore): void {
  describe.each(Object.entries(losses))('after %s', (_name, lose) => {
    it.each(Object.entries(writes))('refuses %s', async (_write, write) => {
      const { store, clock, claim } = await openWithClaim(open);
      await lose(store, claim, clock);
      const before = await store.cells('run-1');
      await expect(write(store, claim)).rejects.toThrow(FencedError);
      expect(await store.cells('run-1')).toEqual(before);
      expect((await store.finishedItemIds('cell-0')).size).toBe(0);
      expect(await store.passResults('cell-0')).toEqual([]);
    });
  });

  it('says who has the cell now', async () => {
    const { store, clock, claim } = await openWithClaim(open);
    clock.nowMs += 1_000;
    await store.claimCell('cell-0', 'owner-b', 1_000);
    await expect(store.renewLease(claim, 1_000)).rejects.toThrow(
      'attempt 1 may no longer write into cell cell-0: it is running in attempt 2',
    );
  });

  it('refuses a claim with the right attempt of another owner', async () => {
    const { store, claim } = await openWithClaim(open);
    await expect(store.renewLease({ ...claim, owner: 'owner-b' }, 1_000)).rejects.toThrow(FencedError);
  });

  it('keeps the lease of the new owner when the old one is refused', async () => {
    const { store, clock, claim } = await openWithClaim(open);
    clock.nowMs += 1_000;
    await store.claimCell('cell-0', 'owner-b', 1_000);
    await expect(store.appendSamples(claim, [], 1e9)).rejects.toThrow(FencedError);
    clock.nowMs += 1_000;
    expect(await store.claimCell('cell-0', 'owner-c', 1_000)).toMatchObject({ attempt: 3 });
  });
}
