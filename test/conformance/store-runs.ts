import { expect, it, onTestFinished } from 'vitest';
import { StoreError, UsageError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import type { OpenStore } from './open-store.ts';
import { manifest, newCell, newRun } from './store-records.ts';

export function testRuns(open: OpenStore): void {
  async function openEmpty(): Promise<Store> {
    const store = await open(() => 10_000);
    onTestFinished(async () => store[Symbol.asyncDispose]());
    return store;
  }

  it('gives a run back as it was made', async () => {
    const store = await openEmpty();
    const run = newRun('run-1');
    await store.createRun(run, [newCell('cell-0')]);
    expect(await store.getRun('run-1')).toEqual({ ...run, status: 'running', cost: undefined });
  });

  it('refuses an id that is taken, and keeps nothing of the second run', async () => {
    const store = await openEmpty();
    await store.createRun(newRun('run-1'), []);
    const second = store.createRun(newRun('run-1', { name: 'second' }), [newCell('cell-0')]);
    await expect(second).rejects.toThrow(new StoreError('run run-1 already exists'));
    expect(await store.cells('run-1')).toEqual([]);
    expect((await store.getRun('run-1'))?.name).toBe('quick check');
  });

  it('keeps nothing of a run with two cells of one id', async () => {
    const store = await openEmpty();
    const run = store.createRun(newRun('run-1'), [newCell('same'), newCell('same', 1)]);
    await expect(run).rejects.toThrow(StoreError);
    expect(await store.listRuns()).toEqual([]);
  });

  it('lists the newest first', async () => {
    const store = await openEmpty();
    await store.createRun(newRun('b', { createdAtMs: 1 }), []);
    await store.createRun(newRun('a', { createdAtMs: 2 }), []);
    await store.createRun(newRun('c', { createdAtMs: 1 }), []);
    expect((await store.listRuns()).map((run) => run.id)).toEqual(['a', 'c', 'b']);
  });

  it('lists the newest of those whose id, name or models hold some words, and counts them all', async () => {
    const store = await openEmpty();
    const models = ['Tiny-1b', 'tiny_2b', 'large'];
    for (const [index, model] of models.entries()) {
      const run = newRun(`run-${index}`, { createdAtMs: index, name: index === 1 ? 'Nightly 100%' : 'quick' });
      await store.createRun(run, [{ ...newCell(`cell-${index}`), model }]);
    }
    const found = async (search: string): Promise<readonly string[]> =>
      (await store.listRuns({ search })).map(({ id }) => id);
    expect(await found('')).toEqual(['run-2', 'run-1', 'run-0']);
    expect(await found('TINY')).toEqual(['run-1', 'run-0']);
    expect(await found('nightly')).toEqual(['run-1']);
    expect(await found('N-2')).toEqual(['run-2']);
    expect(await found('0%')).toEqual(['run-1']);
    expect(await found('y_2')).toEqual(['run-1']);
    expect(await found('nowhere')).toEqual([]);
    expect((await store.listRuns({ search: 'tiny', limit: 1 })).map(({ id }) => id)).toEqual(['run-1']);
    expect(await store.countRuns({ search: 'tiny' })).toBe(2);
    expect(await store.countRuns()).toBe(3);
  });

  it('names the runs without how they were made', async () => {
    const store = await openEmpty();
    await store.createRun(newRun('old', { createdAtMs: 1 }), []);
    await store.createRun(newRun('new', { createdAtMs: 2, name: 'second' }), []);
    await store.setRunStatus('old', 'finished');
    expect(await store.runHeads()).toEqual([
      { id: 'new', name: 'second', createdAtMs: 2, status: 'running' },
      { id: 'old', name: 'quick check', createdAtMs: 1, status: 'finished' },
    ]);
  });

  it('finds a run by a prefix that only it has', async () => {
    const store = await openEmpty();
    await store.createRun(newRun('2026-a'), []);
    await store.createRun(newRun('2026-ab'), []);
    await store.createRun(newRun('2027'), []);
    expect((await store.getRun('2027'))?.id).toBe('2027');
    expect((await store.getRun('2026-ab'))?.id).toBe('2026-ab');
    // An exact id wins over longer ones that begin with it.
    expect((await store.getRun('2026-a'))?.id).toBe('2026-a');
    expect(await store.getRun('2028')).toBeUndefined();
    expect(await store.getRun('202%')).toBeUndefined();
    expect(await store.getRun('')).toBeUndefined();
  });

  it('names the runs that share a prefix', async () => {
    const store = await openEmpty();
    for (const id of ['x1', 'x2', 'x3', 'x4']) await store.createRun(newRun(id), []);
    await expect(store.getRun('x')).rejects.toThrow(
      new UsageError('several runs begin with "x": x4, x3, x2, …', { hint: 'Use more characters of the id.' }),
    );
  });

  it('finds the latest run of a suite in some state', async () => {
    const store = await openEmpty();
    await store.createRun(newRun('one', { createdAtMs: 1, suiteKey: 'k1' }), []);
    await store.createRun(newRun('two', { createdAtMs: 2, suiteKey: 'k2' }), []);
    await store.createRun(newRun('three', { createdAtMs: 3, suiteKey: 'k1' }), []);
    await store.setRunStatus('three', 'finished');
    expect((await store.latestRun())?.id).toBe('three');
    expect((await store.latestRun({ suiteKey: 'k2' }))?.id).toBe('two');
    expect((await store.latestRun({ status: ['running', 'interrupted'] }))?.id).toBe('two');
    expect((await store.latestRun({ suiteKey: 'k1', status: ['running'] }))?.id).toBe('one');
    expect(await store.latestRun({ suiteKey: 'k3' })).toBeUndefined();
    expect(await store.latestRun({ status: [] })).toBeUndefined();
  });

  it('records status, cost and manifest', async () => {
    const store = await openEmpty();
    await store.createRun(newRun('run-1'), []);
    const cost = { wallMs: 10.5, parentCpuMs: 1, engineCpuMs: 9, eventLoopDelayP99Ms: 20.25, framesDrawn: 4 };
    await store.setRunStatus('run-1', 'finished', cost);
    await store.setRunStatus('run-1', 'interrupted');
    await store.changeManifest('run-1', (before) => ({ ...before, seed: 9 }));
    expect(await store.getRun('run-1')).toMatchObject({ status: 'interrupted', cost, manifest: { seed: 9 } });
  });

  it('refuses to change a run that it does not have', async () => {
    const store = await openEmpty();
    const expected = new StoreError('no run nowhere in the store');
    await expect(store.setRunStatus('nowhere', 'finished')).rejects.toThrow(expected);
    await expect(store.changeManifest('nowhere', () => manifest)).rejects.toThrow(expected);
  });
}
