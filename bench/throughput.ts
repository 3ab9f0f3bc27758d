/**
 * Throughput of a closed loop on simulated servers of known capacity, from windows of a few rounds: how far the figure is
 * off on average, and how far it varies, beside what counting the items by their share of time gives, from the moment at
 * which all places are busy until the first ends without a successor.
 *
 *     node bench/throughput.ts [--runs 400] [--concurrency 16] [--seed 20261129]
 *
 * Target: a bias of at most about 1 % from three rounds on.
 */
import { parseArgs } from 'node:util';
import type { LatencyRecord } from '../src/core/cell.ts';
import { itemsPerMs } from '../src/metrics/item-rate.ts';
import { type AnsweredRequest, throughputWindow } from '../src/metrics/throughput-window.ts';
import { meanOf, standardDeviation } from '../src/stats/means.ts';
import {
  batchingServer,
  closedLoopOn,
  drawWork,
  queueServer,
  type ServerStep,
  sharedServer,
} from '../test/setup/simulated-server.ts';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '400' },
    concurrency: { type: 'string', default: '16' },
    seed: { type: 'string', default: '20261129' },
  },
});
const [runs, concurrency, seed] = [flags.runs, flags.concurrency, flags.seed].map(Number) as [number, number, number];

const gpu = { step: 20, perSequence: 1, perPromptToken: 0.1 };
const cpu = { step: 20, perSequence: 8, perPromptToken: 5 };
const none = { mean: 0, cv: 0 };
const servers: readonly (readonly [
  name: string,
  step: ServerStep,
  prompt: { readonly mean: number; readonly cv: number },
  output: { readonly mean: number; readonly cv: number },
])[] = [
  ...[0.3, 0.46, 0.75, 1].map((cv) => [`shared, cv ${cv}`, sharedServer(1), { mean: 200, cv }, none] as const),
  ...[0.3, 1].map((cv) => [`queue, cv ${cv}`, queueServer(1), { mean: 200, cv }, none] as const),
  ['batching, long prompts', batchingServer(gpu), { mean: 800, cv: 0.1 }, { mean: 150, cv: 0.5 }],
  ['batching, long answers', batchingServer(gpu), { mean: 200, cv: 0.5 }, { mean: 100, cv: 1 }],
  ['batching on a CPU', batchingServer(cpu), { mean: 300, cv: 0.5 }, { mean: 60, cv: 0.75 }],
  ['the same, cv 1', batchingServer(cpu), { mean: 300, cv: 1 }, { mean: 60, cv: 1 }],
];

/** Items by their share of time, from when all places are busy until the first ends without a successor. */
function itemsByShare(requests: readonly AnsweredRequest[]): number {
  const startMs = requests.map(({ startedMs }) => startedMs).toSorted((a, b) => a - b)[concurrency - 1] ?? 0;
  const ends = requests.map(({ lastTokenMs }) => lastTokenMs).toSorted((a, b) => a - b);
  const endMs = ends[requests.length - concurrency] ?? 0;
  const items = requests.reduce((sum, { startedMs, lastTokenMs }) => {
    const insideMs = Math.min(lastTokenMs, endMs) - Math.max(startedMs, startMs);
    return sum + Math.max(0, insideMs) / (lastTokenMs - startedMs);
  }, 0);
  return items / (endMs - startMs);
}

/** Answers one at a time, as a latency pass sees them: time to first token is that of the prompt and one step. */
function singleRequests(step: ServerStep, ofWork: ReturnType<typeof drawWork>): LatencyRecord {
  const times = ofWork
    .take(24)
    .toArray()
    .map((work) => {
      const [first] = closedLoopOn(step, [{ ...work, outputTokens: Math.min(work.outputTokens, 1) }].values(), 1, 1);
      const [whole] = closedLoopOn(step, [work].values(), 1, 1);
      const [firstMs, wholeMs] = [first?.lastTokenMs ?? 0, whole?.lastTokenMs ?? 0];
      const { promptTokens, outputTokens } = work;
      return { firstMs, wholeMs, promptTokens, outputTokens, perTokenMs: (wholeMs - firstMs) / (outputTokens - 1) };
    });
  return {
    endToEndMs: times.map(({ wholeMs }) => wholeMs),
    timeToFirstTokenMs: times.map(({ firstMs }) => firstMs),
    timePerOutputTokenMs: times.map(({ outputTokens, perTokenMs }) => (outputTokens > 1 ? perTokenMs : null)),
    outputTokens: times.map(({ outputTokens }) => outputTokens),
    promptTokens: times.map(({ promptTokens }) => promptTokens),
  };
}

function percentText(ratios: readonly number[]): string {
  const percent = ratios.map((ratio) => 100 * (ratio - 1));
  const deviation = standardDeviation(percent);
  const [mean, error] = [meanOf(percent), deviation / Math.sqrt(percent.length)].map((value) => value.toFixed(1));
  return `${mean} ± ${error} (SD ${deviation.toFixed(0)})`.padEnd(22);
}

console.log(`seed ${seed}, ${runs} runs, concurrency ${concurrency}; bias in % ± its standard error`);
for (const [name, step, prompt, output] of servers) {
  const long = 20_000;
  const whole = closedLoopOn(step, drawWork(prompt, output, seed), concurrency, long);
  const ends = whole.map(({ lastTokenMs }) => lastTokenMs);
  const [from, to] = [long / 10, (9 * long) / 10];
  const capacity = (to - from) / ((ends[to] ?? 0) - (ends[from] ?? 0));
  const itemWork = {
    promptTokens: meanOf(whole.map(({ promptTokens }) => promptTokens)),
    outputTokens: meanOf(whole.map(({ outputTokens }) => outputTokens)),
  };
  const latencies = singleRequests(step, drawWork(prompt, output, seed + 1));
  for (const rounds of [2.5, 3.3, 5]) {
    const found = { work: [] as number[], share: [] as number[], rounds: [] as number[] };
    for (let run = 0; run < runs; run += 1) {
      const draw = (): ReturnType<typeof drawWork> => drawWork(prompt, output, seed + 2 + run);
      // One round before the steady part, and about as much in flight after it.
      const requests = closedLoopOn(step, draw(), concurrency, Math.round((rounds + 2.7) * concurrency));
      const window = throughputWindow(requests, concurrency);
      const rate = itemsPerMs({ window, itemWork, load: undefined }, latencies);
      if (window === undefined || rate === undefined) continue;
      found.work.push(rate / capacity);
      found.rounds.push(window.items / concurrency);
      // All places are busy at once there, and half of what is in flight at the end counts.
      const short = closedLoopOn(step, draw(), concurrency, Math.round((rounds + 0.5) * concurrency));
      found.share.push(itemsByShare(short) / capacity);
    }
    console.log(
      `${name.padEnd(24)} ${meanOf(found.rounds).toFixed(1)} rounds: ${percentText(found.work)} items by share ${percentText(found.share)}`,
    );
  }
}
