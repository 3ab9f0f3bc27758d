import type { PassProgress } from '../core/event.ts';
import type { Answer } from './ask-items.ts';

const progressEveryMs = 250;

/** Counts what a pass has done, and says so a few times a second. */
export interface PassTally {
  readonly done: number;
  readonly failed: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reusedTokens: number;
  count(answer: Answer, score?: number): void;
  /** Last word before the pass ends. */
  report(): void;
}

export interface PassLimits {
  readonly total: number | undefined;
  readonly limitMs: number | undefined;
  /** What earlier attempts did already. */
  readonly before?: { readonly done: number; readonly scoreSum: number };
}

export function createPassTally(
  { total, limitMs, before = { done: 0, scoreSum: 0 } }: PassLimits,
  onProgress: (progress: PassProgress) => void,
  memoryBytes: () => number | undefined,
): PassTally {
  const startedMs = performance.now();
  let reportedMs = startedMs;
  let scoreSum = before.scoreSum;
  const tally = { done: 0, failed: 0, promptTokens: 0, outputTokens: 0, reusedTokens: 0 };

  function report(): void {
    reportedMs = performance.now();
    onProgress({
      done: before.done + tally.done,
      total,
      elapsedMs: reportedMs - startedMs,
      limitMs,
      promptTokens: tally.promptTokens,
      outputTokens: tally.outputTokens,
      failed: tally.failed,
      scoreSum,
      memoryBytes: memoryBytes(),
    });
  }

  return {
    get done() {
      return tally.done;
    },
    get failed() {
      return tally.failed;
    },
    get promptTokens() {
      return tally.promptTokens;
    },
    get outputTokens() {
      return tally.outputTokens;
    },
    get reusedTokens() {
      return tally.reusedTokens;
    },
    count({ result }, score = 0) {
      tally.done += 1;
      scoreSum += score;
      if (result.status === 'failed') tally.failed += 1;
      else {
        tally.reusedTokens += result.reusedTokens;
        if ('outputTokens' in result) {
          tally.promptTokens += result.promptTokens;
          tally.outputTokens += result.outputTokens;
        } else tally.promptTokens += result.decodedTokens;
      }
      if (performance.now() - reportedMs >= progressEveryMs) report();
    },
    report,
  };
}
