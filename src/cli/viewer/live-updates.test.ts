import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../core/store.ts';
import { StoreError } from '../../core/errors.ts';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import { mustClaim } from '../../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../../test/conformance/store-records.ts';
import { createLiveUpdates, type LiveUpdate } from './live-updates.ts';

let store: Store;

beforeEach(async () => {
  store = await openSqliteStore({ file: ':memory:' });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
});

/** The first look only learns what there is, at a moment that nobody knows: changes until one is seen. */
async function changeUntil(isSeen: () => boolean): Promise<void> {
  for (let index = 0; !isSeen(); index += 1) {
    await store.createRun(newRun(`probe-${index}`), []);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

describe('live updates', () => {
  it('tell which runs changed: a new one, more answers, another state; nothing while nothing changes', async () => {
    await store.createRun(newRun('run-1'), [newCell('cell-0')]);
    const seen: LiveUpdate[] = [];
    const end = new AbortController();
    const updates = createLiveUpdates({ store, intervalMs: 5, onError: () => undefined });
    updates.subscribe((update) => seen.push(update), end.signal);
    await changeUntil(() => seen.length > 0);
    const claim = await mustClaim(store, 'cell-0');
    await vi.waitFor(() => expect(seen.at(-1)?.runIds).toEqual(['run-1']));
    const known = seen.length;
    await store.appendSamples(claim, [sampleAt(0)], 60_000);
    await vi.waitFor(() => expect(seen.length).toBe(known + 1));
    expect(seen.at(-1)).toEqual({ id: updates.latestId(), runIds: ['run-1'] });
    await store.createRun(newRun('run-2'), []);
    await vi.waitFor(() => expect(seen.at(-1)?.runIds).toEqual(['run-2']));
    await store.setRunStatus('run-1', 'finished');
    await vi.waitFor(() => expect(seen.at(-1)?.runIds).toEqual(['run-1']));
    expect(seen.map(({ id }) => id)).toEqual(seen.map((_, index) => index + 1));
    end.abort();
  });

  it('go on after the store could not be read', async () => {
    let isBroken = true;
    const broken: Store = {
      ...store,
      async runHeads() {
        if (isBroken) throw new StoreError('locked');
        return store.runHeads();
      },
    };
    const errors: unknown[] = [];
    const seen: LiveUpdate[] = [];
    const end = new AbortController();
    const updates = createLiveUpdates({ store: broken, intervalMs: 5, onError: (error) => errors.push(error) });
    updates.subscribe((update) => seen.push(update), end.signal);
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
    isBroken = false;
    await changeUntil(() => seen.length > 0);
    expect(seen.length).toBeGreaterThan(0);
    end.abort();
  });
});
