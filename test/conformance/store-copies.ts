import { expect, it, onTestFinished } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import type { RunRecord, Store } from '../../src/core/store.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { collect, mustClaim, type OpenStore } from './open-store.ts';
import { newCell, newRun, passResult, sampleAt } from './store-records.ts';

const cost = { wallMs: 1, parentCpuMs: 2, engineCpuMs: 3, eventLoopDelayP99Ms: 4, framesDrawn: 5 };
const accuracy = { status: 'measured', value: 0.25, unit: 'ratio', n: 4, warnings: [] } as const;
/** More than one insert has. */
const sampleCount = 450;

export function testCopies(open: OpenStore): void {
  async function opened(): Promise<Store> {
    const store = await open(() => 10_000);
    onTestFinished(async () => store[Symbol.asyncDispose]());
    return store;
  }

  /** A store with a run that has one of everything: `done` was measured, `failed` failed, `open` is left. */
  async function openSource(): Promise<{ readonly from: Store; readonly run: RunRecord }> {
    const from = await openSqliteStore({ file: ':memory:', now: () => 10_000 });
    onTestFinished(async () => from[Symbol.asyncDispose]());
    await from.createRun(newRun('run-1', { createdAtMs: 7_000 }), [
      { ...newCell('done', 0), blocks: 3 },
      newCell('failed', 1),
      newCell('open', 2),
    ]);
    const claim = await mustClaim(from, 'done');
    await from.setCellKey(claim, 'key-1');
    await from.appendSamples(
      claim,
      Array.from({ length: sampleCount }, (_, position) => sampleAt(position)),
      1_000,
    );
    await from.appendPassResult(claim, passResult({ launch: 0 }));
    await from.appendPassResult(claim, passResult({ launch: 1, hostname: 'node-2' }));
    const block = await from.claimBlock('run-1', 'owner-b', 1_000);
    if (block !== undefined) await from.endBlock(block, passResult({ hostname: 'n1' }));
    await from.endCell(claim, { state: 'done', measurements: { accuracy }, error: undefined });
    const error = { code: 'PB_ENGINE', message: 'gone', hint: 'try again' };
    await from.endCell(await mustClaim(from, 'failed'), { state: 'failed', measurements: {}, error });
    await from.setRunStatus('run-1', 'interrupted', cost);
    const run = await from.getRun('run-1');
    if (run === undefined) throw new Error('the run was just made');
    return { from, run };
  }

  async function contentOf(store: Store): Promise<unknown> {
    const cells = await store.cells('run-1');
    const parts = cells.map(async (cell) => ({
      cell,
      blocks: await store.blocks(cell.id),
      passes: await store.passResults(cell.id),
      samples: await collect(store.samples(cell.id)),
    }));
    return { run: await store.getRun('run-1'), cells: await Promise.all(parts) };
  }

  it('takes a run of another store as it is', async () => {
    const { from, run } = await openSource();
    const to = await opened();
    await to.copyRun(run, from);
    expect(await contentOf(to)).toEqual(await contentOf(from));
    expect((await to.passResults('done')).map(({ launch }) => launch)).toEqual([0, 1]);
    expect((await to.blocks('done')).map(({ state }) => state)).toEqual(['done', 'pending', 'pending']);
    expect((await to.sampleCounts('run-1')).get('done')).toBe(sampleCount);
  });

  it('goes on with the copy where the first store is', async () => {
    const { from, run } = await openSource();
    const to = await opened();
    await to.copyRun(run, from);
    expect(await to.claimCell('done', 'owner-c', 1_000)).toBeUndefined();
    const claim = await mustClaim(to, 'open');
    expect(claim.attempt).toBe(1);
    await to.appendPassResult(claim, passResult());
    expect(await to.resetFailed('run-1')).toBe(1);
  });

  it('takes a run once', async () => {
    const { from, run } = await openSource();
    const to = await opened();
    await to.copyRun(run, from);
    await expect(to.copyRun({ ...run, name: 'another' }, from)).rejects.toThrow(StoreError);
    expect(await contentOf(to)).toEqual(await contentOf(from));
  });

  it('takes a run whole or not at all', async () => {
    const { from, run } = await openSource();
    const to = await opened();
    async function* broken(cellId: string) {
      let left = 300;
      for await (const sample of from.samples(cellId)) {
        if (left-- === 0) throw new Error('the source is gone');
        yield sample;
      }
    }
    const copying = to.copyRun(run, {
      cells: (id) => from.cells(id),
      blocks: (id) => from.blocks(id),
      passResults: (id) => from.passResults(id),
      samples: broken,
    });
    await expect(copying).rejects.toThrow('the source is gone');
    expect(await to.countRuns()).toBe(0);
    expect(await to.cells('run-1')).toEqual([]);
    expect(await collect(to.samples('done'))).toEqual([]);
    await to.copyRun(run, from);
    expect(await contentOf(to)).toEqual(await contentOf(from));
  });

  it('refuses a cell that another run has', async () => {
    const { from, run } = await openSource();
    const to = await opened();
    await to.createRun(newRun('run-2'), [newCell('open')]);
    await expect(to.copyRun(run, from)).rejects.toThrow('cell open already exists');
    expect(await to.countRuns()).toBe(1);
  });
}
