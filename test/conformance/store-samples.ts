import { expect, it } from 'vitest';
import type { Sample } from '../../src/core/sample.ts';
import type { Outcome } from '../../src/core/store.ts';
import { collect, mustClaim, openWithClaim, openWithRun, type OpenStore } from './open-store.ts';
import { sampleAt } from './store-records.ts';

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function testSamples(open: OpenStore): void {
  it('gives samples back whole', async () => {
    const { store, claim } = await openWithClaim(open);
    const bare: Partial<Sample> = {
      prompt: '',
      output: '',
      raw: '',
      answer: undefined,
      score: 0,
      metrics: {},
      detail: {},
      isUnparsed: true,
      isTruncated: true,
      failure: { reason: 'prompt_too_long', message: '9,000 tokens do not fit into 2,048' },
      cluster: undefined,
      times: undefined,
    };
    const long = 'x'.repeat(2 ** 20);
    const odd = { answer: '', output: 'NUL \0 and control \u001B[2J', prompt: long, score: 1 / 3 };
    const thoughtful = { cut: 'budget_cut', thoughts: 'Hm … 七', thinkingTokens: 3 } as const;
    const samples = [sampleAt(0), sampleAt(1, bare), sampleAt(2, odd), sampleAt(3, thoughtful)];
    await store.appendSamples(claim, samples, 1_000);
    expect(await collect(store.samples('cell-0'))).toEqual(samples);
  });

  it('gives back every character; halves of one become its replacement', async () => {
    const { store, claim } = await openWithClaim(open);
    const odd = [
      '\0',
      'a\0\0b',
      '\uFDD0',
      '\uFDD00 \uFDD01',
      '\0\uFDD0\0',
      '\uFFFE\uFFFF\u{10FFFF}',
      String.raw`\0 \u0000`,
    ];
    const samples = odd.map((text, position) =>
      sampleAt(position, {
        prompt: text,
        output: text,
        raw: text,
        answer: text,
        expected: text,
        thoughts: text,
        detail: { text },
      }),
    );
    await store.appendSamples(claim, samples, 1_000);
    expect(await collect(store.samples('cell-0'))).toEqual(samples);
    const half = sampleAt(99, { output: 'a\uD83Eb\uDD8A', detail: { text: 'a\uD83Eb' } });
    await store.appendSamples(claim, [half], 1_000);
    expect(await store.sample('cell-0', 'item-99')).toEqual({ ...half, output: 'a\uFFFDb\uFFFD' });
  });

  it('orders items of one position by the numbers of their characters', async () => {
    const { store, claim } = await openWithClaim(open);
    const ids = ['Z', 'a', 'B', 'b', '_', '-1', '10', '9', 'ä', 'é', 'z', '七'];
    await store.appendSamples(
      claim,
      ids.map((itemId) => sampleAt(0, { itemId })),
      1_000,
    );
    const found = (await collect(store.samples('cell-0'))).map(({ itemId }) => itemId);
    expect(found).toEqual(ids.toSorted((left, right) => (left < right ? -1 : 1)));
  });

  it('keeps the first of two samples of one item', async () => {
    const { store, claim } = await openWithClaim(open);
    await store.appendSamples(claim, [sampleAt(0, { output: 'first' }), sampleAt(0, { output: 'second' })], 1_000);
    await store.appendSamples(claim, [sampleAt(0, { output: 'third' }), sampleAt(1)], 1_000);
    expect((await collect(store.samples('cell-0'))).map((sample) => sample.output)).toEqual([
      'first',
      sampleAt(1).output,
    ]);
  });

  it('keeps the samples of an earlier attempt', async () => {
    const { store, claim } = await openWithClaim(open);
    await store.appendSamples(claim, [sampleAt(0)], 1_000);
    await store.releaseCell(claim);
    await store.appendSamples(await mustClaim(store, 'cell-0', 'owner-b'), [sampleAt(1)], 1_000);
    expect(await store.finishedItemIds('cell-0')).toEqual(new Set(['item-0', 'item-1']));
  });

  it('streams any number in order of position, whatever the order of arrival', async () => {
    const { store, claim } = await openWithClaim(open);
    const positions = range(1_100);
    const arrival = positions.toSorted((left, right) => ((left * 7919) % 1_100) - ((right * 7919) % 1_100));
    await store.appendSamples(
      claim,
      arrival.map((position) => sampleAt(position)),
      1_000,
    );
    expect((await collect(store.samples('cell-0'))).map((sample) => sample.position)).toEqual(positions);
  });

  it('loses none of many samples at one position', async () => {
    const { store, claim } = await openWithClaim(open);
    const samples = range(450).map((index) => sampleAt(3, { itemId: `same-${index}` }));
    await store.appendSamples(claim, samples, 1_000);
    const found = await collect(store.samples('cell-0'));
    expect(new Set(found.map((sample) => sample.itemId)).size).toBe(450);
    expect(found).toHaveLength(450);
  });

  it('keeps cells apart', async () => {
    const { store } = await openWithRun(open, ['cell-0', 'cell-1']);
    await store.appendSamples(await mustClaim(store, 'cell-0'), [sampleAt(0, { output: 'zero' })], 1_000);
    await store.appendSamples(await mustClaim(store, 'cell-1'), [sampleAt(0, { output: 'one' })], 1_000);
    expect((await collect(store.samples('cell-1'))).map((sample) => sample.output)).toEqual(['one']);
  });

  it('starts after a position and ends at a limit', async () => {
    const { store, claim } = await openWithClaim(open);
    const samples = range(500).map((position) => sampleAt(position));
    await store.appendSamples(claim, samples, 1_000);
    async function positions(query: { readonly afterPosition?: number; readonly limit?: number }): Promise<unknown> {
      return (await collect(store.samples('cell-0', query))).map((sample) => sample.position);
    }
    expect(await positions({ afterPosition: 100, limit: 250 })).toEqual(range(250).map((index) => 101 + index));
    expect(await positions({ afterPosition: 498 })).toEqual([499]);
    expect(await positions({ afterPosition: 499 })).toEqual([]);
    expect(await positions({ limit: 0 })).toEqual([]);
  });

  it('finds the right, the wrong and the doubtful', async () => {
    const { store, claim } = await openWithClaim(open);
    const failure = { reason: 'template', message: 'undefined variable' } as const;
    const samples = [
      sampleAt(0),
      sampleAt(1, { score: 0 }),
      sampleAt(2, { score: 0.4 }),
      sampleAt(3, { score: 0, isUnparsed: true }),
      sampleAt(4, { isTruncated: true }),
      sampleAt(5, { score: 0, failure }),
      sampleAt(6, { score: 0, cut: 'budget_cut' }),
    ];
    await store.appendSamples(claim, samples, 1_000);
    async function positions(only: Outcome): Promise<unknown> {
      return (await collect(store.samples('cell-0', { only, limit: 10 }))).map((sample) => sample.position);
    }
    expect(await positions('right')).toEqual([0, 4]);
    expect(await positions('wrong')).toEqual([1, 2, 3, 5, 6]);
    expect(await positions('unparsed')).toEqual([3]);
    expect(await positions('truncated')).toEqual([4]);
    expect(await positions('failed')).toEqual([5]);
    expect(await positions('cut')).toEqual([6]);
  });

  it('can be written while it is read, and left in the middle', async () => {
    const { store, claim } = await openWithClaim(open);
    await store.appendSamples(
      claim,
      range(450).map((position) => sampleAt(position)),
      1_000,
    );
    let seen = 0;
    for await (const sample of store.samples('cell-0')) {
      seen += 1;
      if (sample.position === 10) await store.appendSamples(claim, [sampleAt(449, { itemId: 'added' })], 1_000);
      if (sample.position === 300) break;
    }
    expect(seen).toBe(301);
    await store.appendSamples(claim, [sampleAt(1_000)], 1_000);
    expect((await store.finishedItemIds('cell-0')).size).toBe(452);
  });

  it('takes several batches at once', async () => {
    const { store, claim } = await openWithClaim(open);
    const batches = range(20).map((batch) => range(10).map((index) => sampleAt(10 * batch + index)));
    await Promise.all(batches.map(async (batch) => store.appendSamples(claim, batch, 1_000)));
    expect((await store.finishedItemIds('cell-0')).size).toBe(200);
  });

  it('writes what was begun before it closes, and closes twice', async () => {
    const { store, claim } = await openWithClaim(open);
    const writing = store.appendSamples(claim, [sampleAt(0)], 1_000);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await expect(writing).resolves.toBeUndefined();
  });
}
