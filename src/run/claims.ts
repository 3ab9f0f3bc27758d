import { setTimeout as sleep } from 'node:timers/promises';
import { FencedError } from '../core/errors.ts';
import type { Claim, Store } from '../core/store.ts';

interface HeldClaim {
  readonly claim: Claim;
  readonly lost: AbortController;
}

/** Holds claims alive while their cells are worked on. */
export class LeaseKeeper implements Disposable {
  readonly #held = new Map<string, HeldClaim>();
  readonly #timer: NodeJS.Timeout;

  constructor(store: Store, leaseMs: number) {
    async function renew({ claim, lost }: HeldClaim): Promise<void> {
      try {
        await store.renewLease(claim, leaseMs);
      } catch (error) {
        lost.abort(error instanceof Error ? error : new FencedError(`${claim.cellId}: the lease could not be renewed`));
      }
    }
    this.#timer = setInterval(() => {
      for (const entry of this.#held.values()) void renew(entry);
    }, leaseMs / 3).unref();
  }

  hold(claim: Claim): void {
    this.#held.set(claim.cellId, { claim, lost: new AbortController() });
  }

  drop({ cellId }: Claim): void {
    this.#held.delete(cellId);
  }

  /** Aborts when a claim was lost to another process, or the store could not be reached to renew it. */
  lostSignal({ cellId }: Claim): AbortSignal {
    return this.#held.get(cellId)?.lost.signal ?? AbortSignal.abort(new FencedError(`${cellId} is not claimed`));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
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
