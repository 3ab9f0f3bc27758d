import { setTimeout as sleep } from 'node:timers/promises';
import { FencedError } from '../core/errors.ts';
import type { Claim, Store } from '../core/store.ts';

/** Holds claims alive while their cells are worked on. */
export interface LeaseKeeper extends Disposable {
  hold(claim: Claim): void;
  drop(claim: Claim): void;
  /** Aborts when a claim was lost to another process, or the store could not be reached to renew it. */
  lostSignal(claim: Claim): AbortSignal;
}

export function createLeaseKeeper(store: Store, leaseMs: number): LeaseKeeper {
  const held = new Map<string, { readonly claim: Claim; readonly lost: AbortController }>();

  async function renew({ claim, lost }: { readonly claim: Claim; readonly lost: AbortController }): Promise<void> {
    try {
      await store.renewLease(claim, leaseMs);
    } catch (error) {
      lost.abort(error instanceof Error ? error : new FencedError(`${claim.cellId}: the lease could not be renewed`));
    }
  }

  const timer = setInterval(() => {
    for (const entry of held.values()) void renew(entry);
  }, leaseMs / 3);
  timer.unref();

  return {
    hold(claim) {
      held.set(claim.cellId, { claim, lost: new AbortController() });
    },
    drop({ cellId }) {
      held.delete(cellId);
    },
    lostSignal({ cellId }) {
      return held.get(cellId)?.lost.signal ?? AbortSignal.abort(new FencedError(`${cellId} is not claimed`));
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

const lookAgainMs = 500;

export function waitingText(cells: number, leaseMs: number): string {
  const what = cells === 1 ? 'a cell held by another process' : `${cells} cells held by other processes`;
  return `waiting for ${what}; a process that died loses its cells within ${Math.round(leaseMs / 1000)} s`;
}

/** A moment before looking again; shorter when the run is told to stop. */
export async function pauseBeforeLooking(signal: AbortSignal): Promise<void> {
  await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
}
