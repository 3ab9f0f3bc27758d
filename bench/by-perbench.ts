import type { CellMeasurements, ThroughputWindow } from '../src/core/cell.ts';
import type { Task } from '../src/core/task.ts';
import { servingMeasurements } from '../src/metrics/performance.ts';
import { openWindow, throughputWindow } from '../src/metrics/throughput-window.ts';
import { collectLatencies } from '../src/run/latency-pass.ts';
import { meanOf } from '../src/stats/means.ts';
import { briefPass } from '../test/setup/bare-pass.ts';
import { benchmark } from './definition-loads.ts';
import { type Answered, type Recorded, serve } from './simulated-server.ts';

/** Limits on a good request, in milliseconds. */
export const limits = { ttft: 100, tpot: 17 } as const;

const task = { id: 'simulated', kind: 'generate', category: 'generation' } as Task;

const itemWork = {
  promptTokens: meanOf(benchmark.map(({ promptTokens }) => promptTokens)),
  outputTokens: meanOf(benchmark.map(({ outputTokens }) => outputTokens)),
};

function collected(requests: readonly Answered[]) {
  const collector = collectLatencies(limits);
  for (const { dueMs, sentMs, tokenMs, promptTokens, outputTokens } of requests) {
    collector.add({
      id: '',
      status: 'done',
      text: '',
      finishReason: 'stop',
      promptTokens,
      reusedTokens: 0,
      outputTokens,
      tokenLogprobs: undefined,
      promptHead: [],
      promptSha256: '',
      retries: 0,
      times: { scheduledMs: dueMs, startedMs: sentMs, firstTokenMs: tokenMs[0], lastTokenMs: tokenMs.at(-1) as number },
    });
  }
  return { latencies: collector.latencies, good: collector.good() };
}

/** Of a latency pass: what tokens cost one request at a time. */
const { latencies: single } = collected(serve({ work: benchmark, places: 1 }));

/** What perbench makes of a recorded load, by its own functions: latencies are those under this load. */
export function measuredByPerbench({ requests, places, requestRate }: Recorded): {
  readonly window: ThroughputWindow | undefined;
  readonly measurements: CellMeasurements;
} {
  const answered = requests.map(({ dueMs, sentMs, tokenMs, promptTokens, outputTokens }) => ({
    scheduledMs: dueMs,
    startedMs: sentMs,
    lastTokenMs: tokenMs.at(-1) as number,
    promptTokens,
    outputTokens,
  }));
  const window = requestRate === undefined ? throughputWindow(answered, places) : openWindow(answered, places);
  const { latencies, good } = collected(requests);
  const load = { requestRate, limits, good, asked: requests.length };
  const pass = { ...briefPass, concurrency: places, requests: requests.length };
  const atOnce = { ...pass, pass: 'latency' } as const;
  const throughput = { ...pass, window, load, itemWork, latencies };
  const { throughput: rate } = servingMeasurements(task, [throughput, { ...atOnce, latencies: single }]);
  // The times of single tokens are those under this load.
  const underLoad = servingMeasurements(task, [throughput, { ...atOnce, latencies }]);
  return { window, measurements: { ...underLoad, ...(rate !== undefined && { throughput: rate }) } };
}

type FigureName =
  | 'throughput'
  | 'outputTokensPerSecond'
  | 'timeToFirstTokenP50'
  | 'timePerOutputTokenP50'
  | 'loadLatencyP95'
  | 'goodput';

/** One of its figures; undefined where it gives none, as for a percentile of too few requests. */
export function perbenchFigure(name: FigureName): (recorded: Recorded) => number | undefined {
  return (recorded) => {
    const measurement = measuredByPerbench(recorded).measurements[name];
    return measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement.value;
  };
}
