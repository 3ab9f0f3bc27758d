import { createNormalSource, createRandom } from '../../src/stats/random.ts';
import type { AnsweredRequest } from '../../src/metrics/throughput-window.ts';

/** What one request costs a server. */
export interface Work {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Whole numbers with this mean and coefficient of variation, from a lognormal distribution; the same for a seed. */
function* drawTokens(mean: number, cv: number, seed: number): Generator<number, never, void> {
  const random = createRandom(seed);
  const normal = createNormalSource(random);
  const variance = Math.log(1 + cv ** 2);
  for (;;) yield Math.max(1, Math.round(mean * Math.exp(normal() * Math.sqrt(variance) - variance / 2)));
}

interface Running {
  readonly work: Work;
  readonly startedMs: number;
  leftPrompt: number;
  leftOutput: number;
}

/** A server that does all that it has begun in steps. Advances what runs, and says how long the step took. */
export type ServerStep = (running: readonly Running[]) => number;

/** A fixed rate of work, shared equally by what runs: until the first of it is done. */
export function sharedServer(tokensPerMs: number): ServerStep {
  return (running) => {
    const left = Math.min(...running.map(({ leftPrompt, leftOutput }) => leftPrompt + leftOutput));
    for (const each of running) {
      const ofPrompt = Math.min(left, each.leftPrompt);
      each.leftPrompt -= ofPrompt;
      each.leftOutput -= left - ofPrompt;
    }
    return (left * running.length) / tokensPerMs;
  };
}

/**
 * Continuous batching: prompts that are new are read, and every other request gets a token; a step costs its prompt
 * tokens, something for each sequence, and something for itself.
 */
export function batchingServer(ms: {
  readonly step: number;
  readonly perSequence: number;
  readonly perPromptToken: number;
}): ServerStep {
  return (running) => {
    let tookMs = ms.step;
    for (const each of running) {
      tookMs += each.leftPrompt > 0 ? each.leftPrompt * ms.perPromptToken : ms.perSequence;
      each.leftPrompt = 0;
      each.leftOutput -= 1;
    }
    return tookMs;
  };
}

/** Prompts one after the other, each as a whole, in the order in which they came. */
export function queueServer(tokensPerMs: number): ServerStep {
  return ([first]) => {
    const { leftPrompt = 0, leftOutput = 0 } = first ?? {};
    if (first !== undefined) [first.leftPrompt, first.leftOutput] = [0, 0];
    return (leftPrompt + leftOutput) / tokensPerMs;
  };
}

/** Requests whose prompts and answers vary independently; none of those of which there are none. */
export function* drawWork(
  prompt: { readonly mean: number; readonly cv: number },
  output: { readonly mean: number; readonly cv: number },
  seed: number,
): Generator<Work, never, void> {
  const prompts = drawTokens(prompt.mean, prompt.cv, seed);
  const outputs = drawTokens(output.mean, output.cv, seed + 1_000_000);
  const next = (mean: number, tokens: Generator<number, never, void>): number => (mean === 0 ? 0 : tokens.next().value);
  for (;;) yield { promptTokens: next(prompt.mean, prompts), outputTokens: next(output.mean, outputs) };
}

/** So many requests of a closed loop, in simulated time. */
export function closedLoopOn(
  step: ServerStep,
  requests: IteratorObject<Work, undefined | void>,
  concurrency: number,
  count: number,
): readonly AnsweredRequest[] {
  const answered: AnsweredRequest[] = [];
  let running: Running[] = [];
  let [nowMs, sent] = [0, 0];
  for (;;) {
    while (running.length < concurrency && sent < count) {
      const { value: work } = requests.next();
      if (work === undefined) throw new RangeError('there are too few requests');
      running.push({ work, startedMs: nowMs, leftPrompt: work.promptTokens, leftOutput: work.outputTokens });
      sent += 1;
    }
    if (running.length === 0) return answered;
    nowMs += step(running);
    const isDone = ({ leftPrompt, leftOutput }: Running): boolean => leftPrompt + leftOutput <= 1e-9;
    for (const { work, startedMs } of running.filter(isDone)) {
      answered.push({ ...work, scheduledMs: startedMs, startedMs, lastTokenMs: nowMs });
    }
    running = running.filter((each) => !isDone(each));
  }
}
