import { describe, expect, it } from 'vitest';
import type { Cell, PassResult } from '../core/cell.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import type { Store } from '../core/store.ts';
import { bootstrapTask } from '../scoring/bootstrap.ts';
import { runEvidence } from './run-evidence.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import { barePass } from '../../test/setup/bare-pass.ts';

const measured = (value: number, unit: Unit, n = 3): Measurement => ({
  status: 'measured',
  value,
  unit,
  n,
  warnings: [],
});

function cell(model: string, change: Partial<Cell> = {}): Cell {
  return {
    id: model,
    runId: 'run',
    model,
    taskId: 'toy/per@1',
    protocol: 'serving',
    position: 0,
    state: 'done',
    attempt: 1,
    items: 4,
    key: undefined,
    error: undefined,
    measurements: {
      accuracy: measured(0.5, 'ratio', 4),
      throughput: measured(10, 'items/s'),
      latency: measured(100, 'ms'),
      memory: measured(1e9, 'bytes'),
    },
    ...change,
  };
}

const host = { ...quietHost, engineCpuMs: 1900, parentCpuMs: 10, eventLoopDelayP99Ms: 1 };

function throughputPass(launch: number, items: number): PassResult {
  return {
    ...barePass,
    pass: 'throughput',
    launch,
    startedAtMs: 0,
    durationMs: 1000,
    concurrency: 4,
    requests: 10,
    failedRequests: 0,
    promptTokens: 1,
    outputTokens: 1,
    reusedTokens: 0,
    host,
    framesDrawn: 0,
    warnings: [],
    window: { durationMs: 1000, items, outputTokens: items, concurrency: 4 },
    memory: {
      nowBytes: 1e9,
      peakBytes: 1e9,
      isPeakReset: true,
      split: undefined,
      reservedBytes: undefined,
      doubt: undefined,
    },
  };
}

type Scores = Readonly<Record<string, Readonly<Record<string, number>>>>;

function storeOf(
  scores: Scores,
  passes: Readonly<Record<string, readonly PassResult[]>> = {},
  cluster: (itemId: string) => string | undefined = () => undefined,
): Pick<Store, 'passResults' | 'scores' | 'samples'> {
  return {
    passResults: async (cellId) => passes[cellId] ?? [],
    async *scores(cellId) {
      for (const [itemId, value] of Object.entries(scores[cellId] ?? {})) {
        const answer = value === 1 ? 'yes' : 'no';
        yield { itemId, value, cluster: cluster(itemId), expected: 'yes', answer, isUnparsed: false, metrics: {} };
      }
    },
    samples: () => [] as unknown as ReturnType<Store['samples']>,
  };
}

describe('runEvidence', () => {
  it('aligns scores by item, whatever the order of the answers', async () => {
    const store = storeOf({ a: { x: 1, y: 0, z: 0.5 }, b: { z: 1, x: 0, y: 1 } });
    const evidence = await runEvidence(store, [cell('a'), cell('b')]);
    expect(evidence?.models.map(({ model, scores }) => [model, Array.from(scores)])).toEqual([
      ['a', [1, 0, 0.5]],
      ['b', [0, 1, 1]],
    ]);
    expect(evidence).toMatchObject({ items: 3, clusters: undefined, isInRounds: false });
  });

  it('takes the items that all have, and says so', async () => {
    const store = storeOf({ a: { w: 1, x: 1, y: 0, z: 0 }, b: { z: 1, x: 0, other: 1 } });
    const evidence = await runEvidence(store, [cell('a'), cell('b')]);
    expect(evidence?.models.map(({ scores }) => Array.from(scores))).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(evidence?.notes).toEqual(['models are ranked on the 2 of 4 items that all of them answered']);
    expect(await runEvidence(storeOf({ a: { x: 1 }, b: { y: 1 } }), [cell('a'), cell('b')])).toBeUndefined();
  });

  it('keeps clusters where items share one', async () => {
    const scores = { a: { p1: 1, p2: 0, q1: 1 } };
    const clustered = await runEvidence(
      storeOf(scores, {}, (itemId) => itemId[0]),
      [cell('a')],
    );
    expect(clustered?.clusters).toEqual(['p', 'p', 'q']);
    const alone = await runEvidence(
      storeOf(scores, {}, (itemId) => itemId),
      [cell('a')],
    );
    expect(alone?.clusters).toBeUndefined();
  });

  it('ranks no models by items whose accuracy is no mean over them, and says so', async () => {
    const interval = { low: 0.4, high: 0.6, level: 0.95, method: 'macro F1, bootstrap' };
    const macro = { ...cell('b').measurements, accuracy: { ...measured(0.5, 'ratio', 4), interval } } as const;
    const store = storeOf({ a: { x: 1 }, b: { x: 1 } });
    const evidence = await runEvidence(store, [cell('a'), cell('b', { measurements: macro })]);
    expect(evidence?.models).toEqual([]);
    expect([...(evidence?.answers.keys() ?? [])]).toEqual(['a', 'b']);
    expect(evidence?.notes).toEqual(['ranks are without chances: macro F1 is no mean over items']);
  });

  it('leaves out what has not all four factors or is not done', async () => {
    const store = storeOf({ a: { x: 1 }, b: { x: 1 }, c: { x: 1 } });
    const { memory: _, ...rest } = cell('b').measurements;
    const cells = [cell('a'), cell('b', { measurements: rest }), cell('c', { state: 'failed' })];
    expect((await runEvidence(store, cells))?.models.map(({ model }) => model)).toEqual(['a']);
    expect(await runEvidence(store, [])).toBeUndefined();
  });

  const three = [8, 10, 12.5].map((items, launch) => throughputPass(launch, items));

  function latencyPass(launch: number, ms: number): PassResult {
    const latencies = { endToEndMs: [ms], timeToFirstTokenMs: [ms], timePerOutputTokenMs: [null], outputTokens: [1] };
    return { ...throughputPass(launch, 1), pass: 'latency', window: undefined, memory: undefined, latencies };
  }
  const timed = [120, 100, 80].map((ms, launch) => latencyPass(launch, ms));

  it('takes performance launch by launch', async () => {
    const store = storeOf({ a: { x: 1 } }, { a: [...three, ...timed] });
    const found = await runEvidence(store, [cell('a')]);
    expect(found?.models[0]?.launches).toEqual([
      { throughput: 8, latency: 120, memory: 1e9 },
      { throughput: 10, latency: 100, memory: 1e9 },
      { throughput: 12.5, latency: 80, memory: 1e9 },
    ]);
    expect(found?.notes.at(-1)).toBe('the spread between launches is known from few launches (df 2)');
  });

  it('takes the launches alone that gave every figure, and makes none of the mean of the others', async () => {
    const launchesOf = async (passes: readonly PassResult[]) =>
      (await runEvidence(storeOf({ a: { x: 1 } }, { a: passes }), [cell('a')]))?.models[0]?.launches;
    const once = [{ throughput: 10, latency: 100, memory: 1e9 }];
    expect(await launchesOf([...three.slice(0, 2), ...timed.slice(0, 1)])).toEqual(once);
    expect(await launchesOf(three)).toEqual(once);
    expect(await launchesOf([...three, ...timed.slice(1)])).toEqual([
      { throughput: 10, latency: 100, memory: 1e9 },
      { throughput: 12.5, latency: 80, memory: 1e9 },
    ]);
  });

  it('derives a latency launch by launch where it was derived from the throughput', async () => {
    const { latency: _, ...rest } = cell('a').measurements;
    const derived = cell('a', {
      measurements: {
        ...rest,
        latency: { status: 'derived', from: 'throughput', value: 100, unit: 'ms', n: 3, warnings: [] },
      },
    });
    const found = await runEvidence(storeOf({ a: { x: 1 } }, { a: three }), [derived]);
    expect(found?.models[0]?.launches.map(({ latency }) => latency)).toEqual(
      [125, 100, 80].map((latency) => expect.closeTo(latency, 9)),
    );
  });

  it('sees whether models were launched in rounds', async () => {
    const scores = { a: { x: 1 }, b: { x: 0 } };
    const at = (starts: readonly number[]): readonly PassResult[] =>
      starts.flatMap((startedAtMs, launch) =>
        [three[launch] as PassResult, timed[launch] as PassResult].map((pass) => ({ ...pass, startedAtMs })),
      );
    const isInRounds = async (a: readonly PassResult[], b: readonly PassResult[]): Promise<boolean | undefined> =>
      (await runEvidence(storeOf(scores, { a, b }), [cell('a'), cell('b')]))?.isInRounds;
    expect(await isInRounds(at([1, 4, 5]), at([2, 3, 6]))).toBe(true);
    expect(await isInRounds(at([1, 2, 3]), at([4, 5, 6]))).toBe(false);
    expect(await isInRounds(at([1, 3, 5]), at([2, 4]))).toBe(false);
    // The second launch of each lacks a latency: what is left are not the rounds that they were.
    const isWhole = ({ pass, launch }: PassResult): boolean => pass !== 'latency' || launch !== 1;
    expect(await isInRounds(at([1, 4, 5]).filter(isWhole), at([2, 3, 6]).filter(isWhole))).toBe(false);
  });

  it('is what the bootstrap takes', async () => {
    const store = storeOf({ a: { x: 1, y: 1, z: 1 }, b: { x: 0, y: 0, z: 0 } });
    const evidence = await runEvidence(store, [cell('a'), cell('b')]);
    const result = bootstrapTask(evidence?.models ?? [], { seed: 1, resamples: 50 });
    expect(result.paper.map(({ topShare }) => topShare > 0.5)).toEqual([true, false]);
    expect(result.withoutLaunchSpread).toEqual(['a', 'b']);
  });

  it('stops when it is told to', async () => {
    const store = storeOf({ a: { x: 1 } });
    await expect(runEvidence(store, [cell('a')], { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
  });
});
