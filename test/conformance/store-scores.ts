import { expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import type { ItemScore } from '../../src/core/task.ts';
import { collect, openWithClaim, openWithRun, type OpenStore, type OpenedStore } from './open-store.ts';
import { sampleAt } from './store-records.ts';

const accuracy = { status: 'measured', value: 0.25, unit: 'ratio', n: 4, warnings: [] } as const;

export function testScores(open: OpenStore): void {
  async function openScored(): Promise<OpenedStore> {
    const opened = await openWithClaim(open);
    const samples = Array.from({ length: 300 }, (_, position) => sampleAt(position, { score: position % 2 }));
    await opened.store.appendSamples(opened.claim, samples, 1_000);
    await opened.store.endCell(opened.claim, { state: 'done', measurements: {}, error: undefined });
    return opened;
  }

  it('counts nothing where nothing is', async () => {
    const { store } = await openWithRun(open);
    expect(await store.sampleSummary('cell-0')).toEqual({
      items: 0,
      scoreSum: 0,
      scoreSquareSum: 0,
      failed: 0,
      unparsed: 0,
      truncated: 0,
      promptTokens: 0,
      outputTokens: 0,
      uncounted: 0,
      outputTokenSquareSum: 0,
      thinkingTokens: 0,
      thoughtful: 0,
      budgetCut: 0,
      contentFiltered: 0,
    });
  });

  it('sums over the samples of a cell', async () => {
    const { store, claim } = await openWithClaim(open);
    const failure = { reason: 'engine', message: 'gone' } as const;
    const samples = [
      sampleAt(0, { score: 0.5 }),
      sampleAt(1, { score: 1, isTruncated: true }),
      sampleAt(2, { score: 0, isUnparsed: true, isTruncated: true }),
      sampleAt(3, { score: 0, failure, promptTokens: 0, outputTokens: 0 }),
      sampleAt(4, { score: 0, cut: 'budget_cut', thoughts: 'Hm', thinkingTokens: 4 }),
      sampleAt(5, { score: 0, cut: 'content_filter', thinkingTokens: 9 }),
      sampleAt(6, { score: 0, promptTokens: undefined, outputTokens: undefined }),
    ];
    await store.appendSamples(claim, samples, 1_000);
    const [uncounted] = await Array.fromAsync(store.samples('cell-0', { afterPosition: 5 }));
    expect(uncounted).toMatchObject({ promptTokens: undefined, outputTokens: undefined });
    expect(await store.sampleSummary('cell-0')).toEqual({
      items: 7,
      scoreSum: 1.5,
      scoreSquareSum: 1.25,
      failed: 1,
      unparsed: 1,
      truncated: 2,
      promptTokens: 100,
      outputTokens: 20,
      uncounted: 1,
      outputTokenSquareSum: 80,
      thinkingTokens: 13,
      thoughtful: 2,
      budgetCut: 1,
      mostCutTokens: 4,
      contentFiltered: 1,
    });
  });

  it('sums tokens of long answers', async () => {
    const { store, claim } = await openWithClaim(open);
    const samples = [0, 1].map((position) =>
      sampleAt(position, { outputTokens: 2_000_000_000, promptTokens: 2_000_000_000 }),
    );
    await store.appendSamples(claim, samples, 1_000);
    expect(await store.sampleSummary('cell-0')).toMatchObject({
      promptTokens: 4e9,
      outputTokens: 4e9,
      outputTokenSquareSum: 8e18,
    });
  });

  it('gives scores without texts, in order of position', async () => {
    const { store, claim } = await openWithClaim(open);
    const second = sampleAt(1, { score: 0.25, answer: undefined, isUnparsed: true, detail: {}, cluster: undefined });
    await store.appendSamples(claim, [second, sampleAt(0)], 1_000);
    const { metrics, detail, expected } = sampleAt(0);
    const common = { metrics, expected };
    expect(await collect(store.scores('cell-0'))).toEqual([
      { ...common, itemId: 'item-0', value: 1, answer: '7', isUnparsed: false, detail, cluster: 'paragraph-1' },
      { ...common, itemId: 'item-1', value: 0.25, answer: undefined, isUnparsed: true, detail: {}, cluster: undefined },
    ]);
  });

  it('takes new scores computed from its own samples', async () => {
    const { store } = await openScored();
    async function* rescored(): AsyncGenerator<{ readonly itemId: string; readonly score: ItemScore }> {
      for await (const { itemId, position, answer, isUnparsed, metrics, detail } of store.samples('cell-0')) {
        const score = { value: position < 10 ? 0.75 : position % 2, answer, isUnparsed, metrics, detail };
        yield { itemId, score };
      }
    }
    expect(await store.replaceScores('cell-0', rescored(), { accuracy })).toBe(10);
    expect((await store.cells('run-1'))[0]?.measurements).toEqual({ accuracy });
    expect(await store.sampleSummary('cell-0')).toMatchObject({ items: 300, scoreSum: 145 + 7.5 });
    const [first] = await collect(store.samples('cell-0', { limit: 1 }));
    expect(first).toEqual(sampleAt(0, { score: 0.75 }));
  });

  it('takes all new scores or none', async () => {
    const { store } = await openScored();
    async function* oneUnknown(): AsyncGenerator<{ readonly itemId: string; readonly score: ItemScore }> {
      const score = { value: 0.5, answer: undefined, isUnparsed: true, metrics: {} };
      yield { itemId: 'item-0', score };
      yield { itemId: 'nowhere', score };
    }
    await expect(store.replaceScores('cell-0', oneUnknown(), { accuracy })).rejects.toThrow(
      new StoreError('no sample nowhere in cell cell-0'),
    );
    expect((await store.cells('run-1'))[0]?.measurements).toEqual({});
    expect((await store.sampleSummary('cell-0')).scoreSum).toBe(150);
  });

  it('does not score a cell anew that somebody runs', async () => {
    const { store, clock } = await openWithClaim(open);
    async function* none(): AsyncGenerator<never> {}
    await expect(store.replaceScores('cell-0', none(), {})).rejects.toThrow(
      new StoreError('cell cell-0 is in use by another process', { hint: 'Rescore it when that process has ended.' }),
    );
    clock.nowMs += 1_000;
    expect(await store.replaceScores('cell-0', none(), { accuracy })).toBe(0);
    await expect(store.replaceScores('nowhere', none(), {})).rejects.toThrow('no cell nowhere');
  });
}
