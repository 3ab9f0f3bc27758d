import { expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { mustClaim, openWithClaim, openWithRun, type OpenStore } from './open-store.ts';
import { newCell, newRun, passResult, sampleAt } from './store-records.ts';

export function testCells(open: OpenStore): void {
  it('starts every cell as pending, in order of position', async () => {
    const { store } = await openWithRun(open, []);
    const planned = [newCell('late', 2), newCell('early', 0), newCell('middle', 1)];
    await store.createRun(newRun('run-2'), planned);
    const cells = await store.cells('run-2');
    expect(cells.map((cell) => cell.id)).toEqual(['early', 'middle', 'late']);
    expect(cells[0]).toEqual({
      ...newCell('early', 0),
      runId: 'run-2',
      state: 'pending',
      attempt: 0,
      key: undefined,
      error: undefined,
      measurements: {},
    });
    expect(await store.cells('nowhere')).toEqual([]);
  });

  it('lets one process have a cell at a time', async () => {
    const { store } = await openWithRun(open);
    expect(await store.claimCell('cell-0', 'owner-a', 1_000)).toEqual({
      cellId: 'cell-0',
      attempt: 1,
      owner: 'owner-a',
    });
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
    expect(await store.claimCell('cell-0', 'owner-a', 1_000)).toBeUndefined();
    expect((await store.cells('run-1'))[0]?.state).toBe('running');
  });

  it('hands a cell over when its lease has run out', async () => {
    const { store, clock } = await openWithClaim(open);
    clock.nowMs += 999;
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
    clock.nowMs += 1;
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toMatchObject({ attempt: 2, owner: 'owner-b' });
  });

  it.each([86_400_000, 3_600_000, 1_001])(
    'hands over a cell that was claimed by a clock %d ms ahead',
    async (aheadMs) => {
      const { store, clock } = await openWithRun(open);
      const nowMs = clock.nowMs;
      clock.nowMs += aheadMs;
      await mustClaim(store, 'cell-0');
      clock.nowMs = nowMs;
      expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toMatchObject({ attempt: 2, owner: 'owner-b' });
    },
  );

  it('keeps a cell that was claimed a moment ago by a clock that stood still since', async () => {
    const { store } = await openWithClaim(open);
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
  });

  it('keeps a cell whose lease is renewed, also after it ran out unnoticed', async () => {
    const { store, clock, claim } = await openWithClaim(open);
    clock.nowMs += 900;
    await store.renewLease(claim, 1_000);
    clock.nowMs += 900;
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
    clock.nowMs += 5_000;
    await store.renewLease(claim, 1_000);
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
  });

  it('renews the lease with every batch of samples, an empty one too', async () => {
    const { store, clock, claim } = await openWithClaim(open);
    for (const samples of [[sampleAt(0)], []]) {
      clock.nowMs += 900;
      await store.appendSamples(claim, samples, 1_000);
    }
    clock.nowMs += 900;
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
  });

  it('hands out a released cell at once', async () => {
    const { store, claim } = await openWithClaim(open);
    await store.releaseCell(claim);
    expect((await store.cells('run-1'))[0]?.state).toBe('pending');
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toMatchObject({ attempt: 2 });
  });

  it.each(['done', 'failed', 'unavailable'] as const)('does not hand out a cell that is %s', async (state) => {
    const { store, clock, claim } = await openWithClaim(open);
    await store.endCell(claim, { state, measurements: {}, error: undefined });
    clock.nowMs += 1e9;
    expect(await store.claimCell('cell-0', 'owner-b', 1_000)).toBeUndefined();
  });

  it('refuses a claim on a cell that it does not have', async () => {
    const { store } = await openWithRun(open);
    const claim = store.claimCell('nowhere', 'owner-a', 1_000);
    await expect(claim).rejects.toThrow(new StoreError('no cell nowhere in the store'));
  });

  it('keeps key, number of items, measurements and error', async () => {
    const { store, claim } = await openWithClaim(open);
    await store.setCellKey(claim, 'content-key');
    await store.setCellItems(claim, 7);
    const measurements = {
      accuracy: { status: 'measured', value: 1 / 3, unit: 'ratio', n: 3, warnings: [] },
      memory: { status: 'unavailable', reason: 'unsupported', detail: 'the engine does not say' },
      extra: { f1: { status: 'measured', value: 0.5, unit: 'ratio', n: 3, warnings: [] } },
    } as const;
    const error = { code: 'PB_ENGINE', message: 'killed', hint: 'Look at dmesg.' };
    await store.endCell(claim, { state: 'failed', measurements, error });
    const [cell] = await store.cells('run-1');
    expect(cell).toMatchObject({ state: 'failed', key: 'content-key', items: 7 });
    expect(cell?.measurements).toEqual(measurements);
    expect(cell?.error).toEqual(error);
  });

  it('keeps pass results in the order of their arrival, over several attempts', async () => {
    const { store, claim } = await openWithClaim(open);
    const results = [passResult({ pass: 'throughput' }), passResult(), passResult({ launch: 0 })];
    await store.appendPassResult(claim, results[0]!);
    await store.appendPassResult(claim, results[1]!);
    await store.releaseCell(claim);
    await store.appendPassResult(await mustClaim(store, 'cell-0', 'owner-b'), results[2]!);
    expect(await store.passResults('cell-0')).toEqual(results);
    expect(await store.passResults('cell-1')).toEqual([]);
  });

  it('makes the failed cells of a run pending again, and forgets what failed in the engine', async () => {
    const { store } = await openWithRun(open, ['failed', 'done', 'pending']);
    await store.createRun(newRun('run-2'), [newCell('other')]);
    for (const id of ['failed', 'done', 'other']) {
      const claim = await mustClaim(store, id);
      const failure = { reason: 'engine', message: 'gone' } as const;
      const tooLong = { reason: 'prompt_too_long', message: 'too long' } as const;
      const samples = [sampleAt(0), sampleAt(1, { failure }), sampleAt(2, { failure: tooLong })];
      await store.appendSamples(claim, samples, 1_000);
      const error = { code: 'PB_ENGINE', message: 'killed' };
      await store.endCell(claim, { state: id === 'done' ? 'done' : 'failed', measurements: {}, error });
    }
    expect(await store.resetFailed('run-1')).toBe(1);
    const cells = await store.cells('run-1');
    expect(cells.map((cell) => cell.state)).toEqual(['pending', 'done', 'pending']);
    expect(cells[0]?.error).toBeUndefined();
    expect((await store.cells('run-2'))[0]?.state).toBe('failed');
    expect([...(await store.finishedItemIds('failed'))]).toEqual(['item-0', 'item-2']);
    expect((await store.finishedItemIds('done')).size).toBe(3);
    expect(await store.resetFailed('run-1')).toBe(0);
  });
}
