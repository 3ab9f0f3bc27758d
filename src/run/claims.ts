import { setTimeout as sleep } from 'node:timers/promises';
import { FencedError } from '../core/errors.ts';
import type { Claim, Store } from '../core/store.ts';
import type { WaitStep } from './strategy.ts';

interface HeldClaim {
  readonly claim: Claim;
  readonly lost: AbortController;
}

/** A process may hold a cell and one of its blocks. */
const keyOf = ({ cellId, block }: Claim): string => JSON.stringify([cellId, block]);

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
    this.#held.set(keyOf(claim), { claim, lost: new AbortController() });
  }

  drop(claim: Claim): void {
    this.#held.delete(keyOf(claim));
  }

  /** Aborts when a claim was lost to another process, or the store could not be reached to renew it. */
  lostSignal(claim: Claim): AbortSignal {
    const held = this.#held.get(keyOf(claim));
    return held?.lost.signal ?? AbortSignal.abort(new FencedError(`${claim.cellId} is not claimed`));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

const lookAgainMs = 1_000;

export function waitingText(step: WaitStep, leaseMs: number): string {
  const seconds = Math.round(leaseMs / 1000);
  if ('blocks' in step) {
    const what = step.blocks === 1 ? 'a block of items' : `${step.blocks} blocks of items`;
    return `waiting for ${what} that other processes answer; one that died loses its block within ${seconds} s`;
  }
  const what = step.cells === 1 ? 'a cell held by another process' : `${step.cells} cells held by other processes`;
  return `waiting for ${what}; a process that died loses its cells within ${seconds} s`;
}

/** A moment before looking again; shorter when the run is told to stop. */
export async function pauseBeforeLooking(signal: AbortSignal, ms: number = lookAgainMs): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
