import type { Store } from '../../core/store.ts';

/** Something in the store is not as it was. */
export interface LiveUpdate {
  /** Rises by one with every change since the viewer started. */
  readonly id: number;
  /** Runs that changed; a new one is among them. */
  readonly runIds: readonly string[];
}

export interface LiveUpdates {
  /** Of the newest change; 0 before the first. */
  readonly latestId: () => number;
  /** Calls back at every change until the signal aborts; the store is only looked at while somebody listens. */
  subscribe(listener: (update: LiveUpdate) => void, signal: AbortSignal): void;
}

export interface LiveUpdatesOptions {
  readonly store: Store;
  readonly intervalMs: number;
  /** A store that can't be read just now is no reason to end. */
  readonly onError: (error: unknown) => void;
}

/** What a change of a run shows in, by its id. */
async function fingerprints(store: Store): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { id, status } of await store.runHeads()) {
    // Runs that have ended don't change, short of a rescoring.
    if (status === 'finished') {
      found.set(id, status);
      continue;
    }
    const states: string[] = [];
    for (const { id: cellId, state, attempt } of await store.cells(id)) {
      // Only what is being answered is counted: looking must not take time from a run on the same machine.
      const answered = state === 'running' ? await store.countItems({ cells: [{ id: cellId }] }) : 0;
      states.push(`${state}${attempt}:${answered}`);
    }
    found.set(id, `${status} ${states.join(' ')}`);
  }
  return found;
}

/** Watches a store by looking at it: other processes write into it, and a file tells nobody. */
export function createLiveUpdates({ store, intervalMs, onError }: LiveUpdatesOptions): LiveUpdates {
  const listeners = new Set<(update: LiveUpdate) => void>();
  let known: ReadonlyMap<string, string> | undefined;
  let latest = 0;
  let isLooking = false;

  async function look(): Promise<void> {
    const now = await fingerprints(store);
    const before = known;
    known = now;
    if (before === undefined) return;
    const runIds = [...now.keys(), ...before.keys()].filter((id) => now.get(id) !== before.get(id));
    if (runIds.length === 0) return;
    latest += 1;
    const update = { id: latest, runIds: [...new Set(runIds)] };
    for (const listener of listeners) listener(update);
  }

  async function watch(): Promise<void> {
    isLooking = true;
    while (listeners.size > 0) {
      try {
        await look();
      } catch (error) {
        onError(error);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, intervalMs);
      });
    }
    isLooking = false;
  }

  return {
    latestId: () => latest,
    subscribe(listener, signal) {
      listeners.add(listener);
      signal.addEventListener('abort', () => listeners.delete(listener), { once: true });
      if (!isLooking) void watch();
    },
  };
}
