import { onTestFinished } from 'vitest';
import type { Claim, Store } from '../../src/core/store.ts';
import { newCell, newRun } from './store-records.ts';

/** Opens an empty store whose clock is the test's. */
export type OpenStore = (now: () => number) => Promise<Store>;

export interface OpenedStore {
  readonly store: Store;
  /** Moved by the test. */
  readonly clock: { nowMs: number };
}

/** A store with one run, `run-1`, of some cells; closed when the test ends. */
export async function openWithRun(open: OpenStore, cellIds: readonly string[] = ['cell-0']): Promise<OpenedStore> {
  const clock = { nowMs: 10_000 };
  const store = await open(() => clock.nowMs);
  onTestFinished(async () => store[Symbol.asyncDispose]());
  const cells = cellIds.map((id, position) => newCell(id, position));
  await store.createRun(newRun('run-1'), cells);
  return { store, clock };
}

/** The same, with `cell-0` claimed for 1,000 ms by `owner-a`. */
export async function openWithClaim(open: OpenStore): Promise<OpenedStore & { readonly claim: Claim }> {
  const opened = await openWithRun(open);
  return { ...opened, claim: await mustClaim(opened.store, 'cell-0') };
}

export async function mustClaim(store: Store, cellId: string, owner = 'owner-a', leaseMs = 1_000): Promise<Claim> {
  const claim = await store.claimCell(cellId, owner, leaseMs);
  if (claim === undefined) throw new Error(`${cellId} could not be claimed`);
  return claim;
}

export async function collect<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  return Array.fromAsync(values);
}
