import type { CellMeasurements, ThroughputWindow } from '../src/core/cell.ts';
import type { Task } from '../src/core/task.ts';
import { servingMeasurements } from '../src/metrics/performance.ts';
import { openWindow, throughputWindow } from '../src/metrics/throughput-window.ts';
import { collectLatencies } from '../src/run/latency-pass.ts';
import { briefPass } from '../test/setup/bare-pass.ts';
import type { Answered } from './simulated-server.ts';

/** A load that was simulated, with all its requests. */
export interface Recorded {
  readonly requests: readonly Answered[];
  /** In flight at most. */
  readonly places: number;
  /** Of an open loop. */
  readonly requestRate: number | undefined;
}

/** Limits on a good request, in milliseconds. */
export const limits = { ttft: 100, tpot: 17 } as const;

const task = { id: 'simulated', kind: 'generate', category: 'generation' } as Task;

/** What perbench makes of a recorded load, by its own functions: latencies are those under this load. */
export function measuredByPerbench({ requests, places, requestRate }: Recorded): {
  readonly window: ThroughputWindow | undefined;
  readonly measurements: CellMeasurements;
} {
  const answered = requests.map(({ sentMs, tokenMs, outputTokens }) => ({
    startedMs: sentMs,
    lastTokenMs: tokenMs.at(-1) as number,
    outputTokens,
  }));
  const window = requestRate === undefined ? throughputWindow(answered, places) : openWindow(answered, places);
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
  const { latencies } = collector;
  const load = { requestRate, limits, good: collector.good(), asked: requests.length };
  const pass = { ...briefPass, concurrency: places, requests: requests.length, latencies };
  const measurements = servingMeasurements(task, [
    { ...pass, window, load },
    { ...pass, pass: 'latency' },
  ]);
  return { window, measurements };
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
