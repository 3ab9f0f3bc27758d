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
    expect(evidence).toMatchObject({ items: 3, clusters: undefined, isSameWindow: false });
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

  it('leaves out what has not all four factors or is not done', async () => {
    const store = storeOf({ a: { x: 1 }, b: { x: 1 }, c: { x: 1 } });
    const { memory: _, ...rest } = cell('b').measurements;
    const cells = [cell('a'), cell('b', { measurements: rest }), cell('c', { state: 'failed' })];
    expect((await runEvidence(store, cells))?.models.map(({ model }) => model)).toEqual(['a']);
    expect(await runEvidence(store, [])).toBeUndefined();
  });

  it('takes performance launch by launch, with its own spread from few launches and a shared one from many', async () => {
    const three = [8, 10, 12.5].map((items, launch) => throughputPass(launch, items));
    const store = storeOf({ a: { x: 1 } }, { a: three });
    const [own] = (await runEvidence(store, [cell('a')]))?.models ?? [];
    expect(own?.throughput).toMatchObject({ launches: 3, degreesOfFreedom: 2 });
    expect(own?.throughput.geometricMean).toBeCloseTo(10, 9);
    expect(own?.throughput.logDeviation).toBeCloseTo(Math.log(1.25), 9);
    // No latency pass is stored: the measurement stands in, from one launch as far as is known.
    expect(own?.latency).toMatchObject({ geometricMean: expect.closeTo(100, 9), launches: 1, logDeviation: undefined });
    const names = ['a', 'b', 'c', 'd'];
    const many = storeOf(
      Object.fromEntries(names.map((name) => [name, { x: 1 }])),
      Object.fromEntries(names.map((name) => [name, three])),
    );
    const shared = await runEvidence(
      many,
      names.map((name) => cell(name)),
    );
    expect(shared?.models.map(({ throughput }) => throughput.degreesOfFreedom)).toEqual([8, 8, 8, 8]);
  });

  it('is what the bootstrap takes', async () => {
    const store = storeOf({ a: { x: 1, y: 1, z: 1 }, b: { x: 0, y: 0, z: 0 } });
    const evidence = await runEvidence(store, [cell('a'), cell('b')]);
    const result = bootstrapTask(evidence?.models ?? [], { seed: 1, resamples: 50 });
    expect(result.paper.map(({ topShare }) => topShare)).toEqual([1, 0]);
    expect(result.withoutLaunchSpread).toEqual(['a', 'b']);
  });

  it('stops when it is told to', async () => {
    const store = storeOf({ a: { x: 1 } });
    await expect(runEvidence(store, [cell('a')], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
