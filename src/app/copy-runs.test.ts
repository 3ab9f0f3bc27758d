import { expect, it, onTestFinished } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import type { Store } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { type CopiedRun, copyRuns, type CopyRunsOptions } from './copy-runs.ts';

const nowMs = 10_000;

async function opened(now: () => number = () => nowMs): Promise<Store> {
  const store = await openSqliteStore({ file: ':memory:', now });
  onTestFinished(async () => store[Symbol.asyncDispose]());
  return store;
}

/** A run with two cells, of which one has three answers. */
async function addRun(store: Store, id: string, createdAtMs = 1_000): Promise<void> {
  await store.createRun(newRun(id, { createdAtMs }), [{ ...newCell(`${id}.0`), blocks: 2 }, newCell(`${id}.1`, 1)]);
  const claim = await mustClaim(store, `${id}.0`);
  await store.appendSamples(
    claim,
    [0, 1, 2].map((position) => sampleAt(position)),
    1_000,
  );
  await store.releaseCell(claim);
  await store.setRunStatus(id, 'interrupted');
}

async function outcomes(from: Store, to: Store, options: CopyRunsOptions = {}): Promise<readonly string[]> {
  const copied: readonly CopiedRun[] = await Array.fromAsync(copyRuns(from, to, options));
  return copied.map(({ runId, outcome, cells, samples }) => `${runId} ${outcome} ${cells} ${samples}`);
}

it('copies all runs, the oldest first, and each once', async () => {
  const [from, to] = [await opened(), await opened()];
  await addRun(from, 'run-b', 1_000);
  await addRun(from, 'run-a', 2_000);
  expect(await outcomes(from, to)).toEqual(['run-b copied 2 3', 'run-a copied 2 3']);
  expect(await outcomes(from, to)).toEqual(['run-b there 2 3', 'run-a there 2 3']);
  // And back again: nothing was lost on the way.
  expect(await outcomes(to, from)).toEqual(['run-b there 2 3', 'run-a there 2 3']);
});

it('copies the runs that it was told', async () => {
  const [from, to] = [await opened(), await opened()];
  await addRun(from, 'run-a');
  await addRun(from, 'run-b');
  const run = await from.getRun('run-b');
  expect(await outcomes(from, to, { runs: run === undefined ? [] : [run] })).toEqual(['run-b copied 2 3']);
  expect(await to.getRun('run-a')).toBeUndefined();
});

it.each<[string, (store: Store) => Promise<unknown>]>([
  ['another status', (store) => store.setRunStatus('run-a', 'finished')],
  ['another manifest', (store) => store.changeManifest('run-a', (manifest) => ({ ...manifest, seed: 2 }))],
  ['a cell that was claimed', async (store) => store.releaseCell(await mustClaim(store, 'run-a.1'))],
  ['another answer', async (store) => store.appendSamples(await mustClaim(store, 'run-a.1'), [sampleAt(3)], 1_000)],
])('refuses a run that the other store has with %s', async (_, change) => {
  const [from, to] = [await opened(), await opened()];
  await addRun(from, 'run-a');
  expect(await outcomes(from, to)).toEqual(['run-a copied 2 3']);
  await change(to);
  const before = await to.getRun('run-a');
  expect(await outcomes(from, to)).toEqual(['run-a different 2 3']);
  expect(await to.getRun('run-a')).toEqual(before);
});

it.each<[string, (store: Store) => Promise<unknown>]>([
  ['a cell', (store) => mustClaim(store, 'run-a.1', 'owner-b')],
  ['a block', (store) => store.claimBlock('run-a', 'owner-b', 1_000)],
])('refuses a run of which somebody holds %s, unless it was told to copy it as interrupted', async (_, hold) => {
  let laterMs = 0;
  const [from, to] = [await opened(() => nowMs + laterMs), await opened()];
  await addRun(from, 'run-a');
  await from.setRunStatus('run-a', 'running');
  await hold(from);
  expect(await outcomes(from, to)).toEqual(['run-a running 2 3']);
  expect(await to.countRuns()).toBe(0);
  expect(await outcomes(from, to, { allowRunning: true })).toEqual(['run-a copied 2 3']);
  expect((await to.getRun('run-a'))?.status).toBe('interrupted');
  expect((await to.cells('run-a')).map(({ state }) => state)).toEqual(['pending', 'pending']);
  expect((await to.blocks('run-a.0')).map(({ state }) => state)).toEqual(['pending', 'pending']);
  // Who holds it was killed: the same content.
  laterMs = 2_000;
  expect(await outcomes(from, to)).toEqual(['run-a there 2 3']);
});

it('copies a run that somebody wanted to stop as one that may go on', async () => {
  const [from, to] = [await opened(), await opened()];
  await addRun(from, 'run-a');
  await from.requestStop('run-a', true);
  expect(await outcomes(from, to)).toEqual(['run-a copied 2 3']);
  expect((await to.getRun('run-a'))?.isStopRequested ?? false).toBe(false);
});

it('stops when it is told to, and leaves no part of a run', async () => {
  const [from, to] = [await opened(), await opened()];
  await addRun(from, 'run-a');
  const controller = new AbortController();
  const reads: number[] = [];
  const copying = outcomes(from, to, {
    signal: controller.signal,
    onRead(_, samples) {
      reads.push(samples);
      if (samples === 2) controller.abort();
    },
  });
  await expect(copying).rejects.toThrow(controller.signal.reason as Error);
  expect(reads).toEqual([1, 2]);
  expect(await to.countRuns()).toBe(0);
  expect(await outcomes(from, to)).toEqual(['run-a copied 2 3']);
});
