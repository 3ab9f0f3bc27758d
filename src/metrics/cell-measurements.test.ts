import { describe, expect, it } from 'vitest';
import type { PassResult } from '../core/cell.ts';
import type { SampleSummary } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { cellMeasurements } from './cell-measurements.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import { barePass } from '../../test/setup/bare-pass.ts';

/** `expect.closeTo` with a type. */
const near = (value: number, digits: number): number => expect.closeTo(value, digits) as number;

const task = { id: 'toy/per@1', kind: 'generate', category: 'generation', chance: 0.25 } as Task;

const summary: SampleSummary = {
  items: 50,
  scoreSum: 45,
  scoreSquareSum: 45,
  failed: 0,
  unparsed: 0,
  truncated: 0,
  thinkingTokens: 0,
  thoughtful: 0,
  budgetCut: 0,
  contentFiltered: 0,
  promptTokens: 500,
  outputTokens: 100,
};

/** So many right and so many wrong, all independent. */
const scoredItems = (right: number, wrong: number) => ({
  scores: Array.from({ length: right + wrong }, (_, index) => (index < right ? 1 : 0)),
  clusters: undefined,
});
const scored = scoredItems(45, 5);

const host = { ...quietHost, engineCpuMs: 1900, parentCpuMs: 10, eventLoopDelayP99Ms: 1 };

function pass(change: Partial<PassResult>): PassResult {
  return {
    ...barePass,
    pass: 'throughput',
    launch: 0,
    startedAtMs: 0,
    durationMs: 2000,
    concurrency: 4,
    requests: 50,
    failedRequests: 0,
    promptTokens: 500,
    outputTokens: 100,
    reusedTokens: 0,
    host,
    framesDrawn: 0,
    warnings: [],
    ...change,
  };
}

const window = (items: number) => ({ durationMs: 1000, items, outputTokens: items * 10, concurrency: 4 });

describe('accuracy', () => {
  it("has Wilson's interval for 0/1 scores", () => {
    const { accuracy } = cellMeasurements({ task, protocol: 'serving', summary, scored, metrics: {}, passResults: [] });
    expect(accuracy).toMatchObject({ status: 'measured', value: 0.9, n: 50, warnings: [] });
    // Wilson 1927 for 45 of 50 at z = 1.959964.
    expect(accuracy).toHaveProperty('interval.low', near(0.786397685625, 9));
    expect(accuracy).toHaveProperty('interval.high', near(0.956524235068, 9));
  });

  it('has an interval of partial credit by clusters, where items depend on each other', () => {
    const scores = Array.from({ length: 50 }, (_, index) => (index % 2) / 2);
    const partial = { ...summary, scoreSum: 12.5, scoreSquareSum: 6.25 };
    const records = { task, protocol: 'serving', summary: partial, metrics: {}, passResults: [] } as const;
    const method = (clusters: readonly string[] | undefined): unknown => {
      const { accuracy } = cellMeasurements({ ...records, scored: { scores, clusters } });
      return accuracy?.status === 'measured' ? accuracy.interval?.method : undefined;
    };
    expect(method(undefined)).not.toBe('wilson');
    expect(method(scores.map((_, index) => `passage ${Math.floor(index / 5)}`))).toContain('cluster');
  });

  it('carries every doubt', () => {
    const doubtful = { ...summary, items: 20, scoreSum: 5, scoreSquareSum: 5, failed: 1, unparsed: 2, truncated: 3 };
    const { accuracy } = cellMeasurements({
      task,
      protocol: 'serving',
      summary: doubtful,
      scored,
      metrics: {},
      passResults: [],
    });
    expect(accuracy).toMatchObject({
      warnings: [
        { reason: 'errors', detail: '1 of 20 items failed and count as wrong' },
        { reason: 'unparsed', detail: '10.0 % of the outputs had no recognizable answer' },
        { reason: 'truncated', detail: '15.0 % of the answers ended at the token limit' },
        { reason: 'small_sample', detail: 'only 20 items' },
        { reason: 'near_chance', detail: 'within two standard errors of chance (0.250), or below' },
      ],
    });
  });

  it('is unavailable without items', () => {
    const none = { ...summary, items: 0, scoreSum: 0, scoreSquareSum: 0 };
    const { accuracy } = cellMeasurements({
      task,
      protocol: 'serving',
      summary: none,
      scored,
      metrics: {},
      passResults: [],
    });
    expect(accuracy).toMatchObject({ status: 'unavailable', reason: 'no_samples' });
  });
});

describe('the serving protocol', () => {
  const launches = [10, 20, 40].map((items, launch) => pass({ launch, window: window(items) }));

  it('takes the geometric mean over launches, and its interval from launches', () => {
    const { throughput, outputTokensPerSecond } = cellMeasurements({
      task,
      protocol: 'serving',
      summary,
      scored,
      metrics: {},
      passResults: launches,
    });
    expect(throughput).toMatchObject({ value: near(20, 9), unit: 'items/s', n: 3 });
    expect(throughput).toHaveProperty('interval.method', 't over 3 launches');
    expect(outputTokensPerSecond).toMatchObject({ value: near(200, 9), unit: 'tokens/s' });
  });

  it('says so where there was one launch, and carries the warnings of windows', () => {
    const busy = pass({ window: window(10), warnings: [{ reason: 'host_busy', detail: 'others' }] });
    const { throughput } = cellMeasurements({
      task,
      protocol: 'serving',
      summary,
      scored,
      metrics: {},
      passResults: [busy],
    });
    expect(throughput).toMatchObject({ warnings: [{ reason: 'host_busy' }, { reason: 'one_launch' }] });
    expect(throughput).not.toHaveProperty('interval');
  });

  it('gives a percentile only from enough requests', () => {
    const endToEndMs = Array.from({ length: 64 }, (_, index) => index + 1);
    const latencies = {
      endToEndMs,
      timeToFirstTokenMs: endToEndMs,
      timePerOutputTokenMs: endToEndMs.map(() => null),
      outputTokens: endToEndMs,
    };
    const result = cellMeasurements({
      task,
      protocol: 'serving',
      summary,
      scored,
      metrics: {},
      passResults: [pass({ pass: 'latency', latencies })],
    });
    expect(result.latencyP90).toMatchObject({ status: 'measured', n: 64 });
    expect(result.latencyP95).toMatchObject({
      status: 'unavailable',
      detail: '64 items; p95 needs at least 130 (latencyRequests, and enough latencySeconds for them)',
    });
    expect(result.timePerOutputTokenP50).toMatchObject({ status: 'unavailable' });
    expect(result.latency).toMatchObject({ value: near(32.5, 9), unit: 'ms' });
  });

  it('has no time to the first token where a server does not stream', () => {
    const latencies = {
      endToEndMs: [10, 12],
      timeToFirstTokenMs: [null, null],
      timePerOutputTokenMs: [null, null],
      outputTokens: [3, 3],
    };
    const passResults = [pass({ pass: 'latency', latencies })];
    const result = cellMeasurements({ task, protocol: 'serving', summary, scored, metrics: {}, passResults });
    expect(result.latency).toMatchObject({ status: 'measured', unit: 'ms' });
    for (const each of [result.timeToFirstTokenP50, result.timePerOutputTokenP50])
      expect(each).toMatchObject({ status: 'unavailable', reason: 'not_streamed' });
  });

  it('splits memory by what the engine reports, and says where the peak is not of the pass alone', () => {
    const split = { weightsBytes: 5, kvBytes: 3, computeBytes: 1, overheadBytes: 1 };
    const bytes = { nowBytes: 8, peakBytes: 10, hostPeakBytes: 4, reservedBytes: undefined };
    const memory = { ...bytes, isPeakReset: false, split, doubt: undefined };
    const result = cellMeasurements({
      task,
      protocol: 'serving',
      summary,
      scored,
      metrics: {},
      passResults: [pass({ window: window(1), memory })],
    });
    expect(result.memory).toMatchObject({
      value: near(10, 9),
      warnings: [{ reason: 'peak_not_reset' }, { reason: 'one_launch' }],
    });
    expect(result.memoryKv).toMatchObject({ value: 3, unit: 'bytes' });
    expect(result.memoryHost).toMatchObject({ value: near(4, 9), unit: 'bytes' });
  });

  it('says why nothing told the memory', () => {
    const passResults = [pass({ window: window(1), memoryUnknown: 'no tool' })];
    const result = cellMeasurements({ task, protocol: 'serving', summary, scored, metrics: {}, passResults });
    expect(result.memory).toEqual({ status: 'unavailable', reason: 'unsupported', detail: 'no tool' });
    expect(result.throughput).toMatchObject({ status: 'measured' });
  });
});

describe('load', () => {
  const latencies = {
    endToEndMs: Array.from({ length: 20 }, (_, index) => 100 + index),
    timeToFirstTokenMs: [],
    timePerOutputTokenMs: [],
    outputTokens: [],
  };
  const measure = (change: Partial<PassResult>) => {
    const passResults = [pass({ window: window(50), latencies, ...change })];
    return cellMeasurements({ task, protocol: 'serving', summary, scored, metrics: {}, passResults });
  };

  const closedLoop = { requestRate: undefined };
  it('has a goodput that is the good share of what was offered, for each device', () => {
    const limits = { e2el: 500 };
    // The rest is answered after the last one was sent: that is no time in which more could have been good.
    const open = measure({ durationMs: 30_000, devices: 2, load: { requestRate: 10, limits, asked: 200, good: 150 } });
    expect(open.goodput).toMatchObject({ value: near(3.75, 9), unit: 'items/s' });
    const closed = measure({ devices: 2, load: { ...closedLoop, limits, asked: 50, good: 25 } });
    expect(closed.goodput).toMatchObject({ value: near(12.5, 9) });
    expect(measure({ load: { ...closedLoop, limits, asked: 50, good: 0 } }).goodput).toMatchObject({ value: 0 });
  });

  it('has none for a time per token where nobody counted tokens', () => {
    const load = { ...closedLoop, limits: { tpot: 50 }, asked: 50, good: 50 };
    expect(measure({ load, hasNoTokenCounts: true }).goodput).toMatchObject({ reason: 'no_token_counts' });
    expect(measure({ load }).goodput).toMatchObject({ status: 'measured' });
  });

  it('has latencies of its own, and the concurrency that it led to', () => {
    const open = measure({
      concurrency: 2000,
      window: { ...window(50), achievedConcurrency: 7 },
      load: { requestRate: 10, limits: undefined, asked: 200, good: undefined },
    });
    expect(open.loadLatencyP50).toMatchObject({ status: 'measured', value: near(109.5, 9), n: 20 });
    expect(open.loadLatencyP99).toMatchObject({ status: 'unavailable', reason: 'too_few_requests' });
    expect(open.concurrency).toMatchObject({ status: 'measured', value: near(7, 9), unit: 'count' });
    expect(measure({})).not.toHaveProperty('loadLatencyP50');
    expect(measure({}).concurrency).toMatchObject({ status: 'nominal', value: 4 });
  });
});

describe('the paper protocol', () => {
  it('counts tokens for tasks that generate, and derives latency', () => {
    const result = cellMeasurements({
      task,
      protocol: 'paper',
      summary,
      scored,
      metrics: {},
      passResults: [pass({ pass: 'accuracy' })],
    });
    expect(result.throughput).toMatchObject({ value: near(50, 9), unit: 'tokens/s' });
    expect(result.latency).toMatchObject({
      status: 'derived',
      from: 'throughput',
      value: near(20, 9),
      unit: 'ms/token',
    });
  });

  it('counts items for tasks that classify', () => {
    const classifying: Task = { ...task, category: 'classification' };
    const result = cellMeasurements({
      task: classifying,
      protocol: 'paper',
      summary,
      scored,
      metrics: {},
      passResults: [pass({ pass: 'accuracy' })],
    });
    expect(result.throughput).toMatchObject({ value: near(25, 9), unit: 'items/s' });
    expect(result.latency).toMatchObject({ value: near(40, 9), unit: 'ms/item' });
    const failing = cellMeasurements({
      task: classifying,
      protocol: 'paper',
      summary,
      scored,
      metrics: {},
      passResults: [pass({ pass: 'accuracy', failedRequests: 10 })],
    });
    expect(failing.throughput).toMatchObject({ value: near(20, 9) });
  });

  it('gives no latency where nothing was generated', () => {
    const empty = pass({ pass: 'accuracy', outputTokens: 0 });
    const result = cellMeasurements({ task, protocol: 'paper', summary, scored, metrics: {}, passResults: [empty] });
    expect(result.latency).toMatchObject({ status: 'unavailable' });
    expect(result.throughput).toMatchObject({ status: 'unavailable' });
  });
});

describe('passes that went wrong', () => {
  const measure = (passResults: readonly PassResult[]) =>
    cellMeasurements({ task, protocol: 'serving', summary, scored, metrics: {}, passResults });

  it('say what the server said where every request failed', () => {
    const failed = { requests: 8, failedRequests: 8, failure: 'HTTP 500: out of blocks' };
    const found = measure([pass({ window: window(50) }), pass({ pass: 'latency', ...failed })]);
    const detail = 'every request failed, the first: HTTP 500: out of blocks';
    expect(found.latency).toEqual({ status: 'unavailable', reason: 'requests_failed', detail });
    expect(found.latencyP50).toEqual(found.latency);
    expect(found.throughput).toMatchObject({ status: 'measured' });
    expect(measure([pass(failed)]).throughput).toEqual(found.latency);
  });

  it('tell of accuracy what was odd about its answers', () => {
    const odd = { reason: 'odd_answers', detail: '3 of 50 answers came from the model "x" instead of "m"' } as const;
    const { accuracy } = measure([pass({ pass: 'accuracy', warnings: [odd] })]);
    expect(accuracy).toMatchObject({ status: 'measured', warnings: [odd] });
  });
});
