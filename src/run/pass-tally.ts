import type { WorkInFlight } from '../core/engine.ts';
import type { PassProgress } from '../core/event.ts';
import type { Answer } from './ask-items.ts';
import { tokensOf } from './item-work.ts';

const progressEveryMs = 250;

interface PassCounts {
  done: number;
  failed: number;
  promptTokens: number;
  outputTokens: number;
  reusedTokens: number;
  draftedTokens: number;
  acceptedTokens: number;
}

export interface PassRequests {
  /** From sent to answered, of those that were answered at once. */
  readonly durationsMs: readonly number[];
  readonly retried: number;
  /** Asked over HTTP for them all: scoring one item takes several, and what was tried again took more. */
  readonly exchanges: number;
}

/** What went wrong in a pass, or was odd. */
export interface PassOddities {
  /** Of the first request that failed. */
  readonly failure: string | undefined;
  /** Answers by what is odd about them. */
  readonly remarks: ReadonlyMap<string, number>;
}

/** Different remarks that are counted: a server may say something else each time. */
const mostRemarks = 20;

function createOddities(): { see(result: Answer['result']): void; readonly all: () => PassOddities } {
  let failure: string | undefined;
  const remarks = new Map<string, number>();
  return {
    see(result) {
      if (result.status === 'failed') failure ??= result.message;
      else if ('remarks' in result) {
        for (const remark of result.remarks ?? [])
          if (remarks.has(remark) || remarks.size < mostRemarks) remarks.set(remark, (remarks.get(remark) ?? 0) + 1);
      }
    },
    all: () => ({ failure, remarks }),
  };
}

/** Counts what a pass has done, and says so a few times a second. */
export interface PassTally {
  /** So far, without what earlier attempts did. */
  readonly counts: Readonly<PassCounts>;
  readonly requests: () => PassRequests;
  readonly oddities: () => PassOddities;
  count(answer: Pick<Answer, 'result'>, score?: number): void;
  /** What the engine works on meanwhile. */
  working(work: WorkInFlight): void;
  /** The pass will take longer than was thought. */
  expect(limitMs: number): void;
  /** Last word before the pass ends. */
  report(): void;
}

export interface PassLimits {
  readonly total: number | undefined;
  readonly limitMs: number | undefined;
  /** What earlier attempts did already. */
  readonly before?: { readonly done: number; readonly scoreSum: number };
  /** Its running mean isn't to be shown. */
  readonly hidesScore?: boolean;
}

function exchangesOf(result: Answer['result']): number {
  if (result.status === 'failed') return 1;
  const { retries } = result;
  return 'exchanges' in result ? (result.exchanges ?? 1 + retries) : 1 + retries;
}

const nothingDone: Readonly<PassCounts> = {
  done: 0,
  failed: 0,
  promptTokens: 0,
  outputTokens: 0,
  reusedTokens: 0,
  draftedTokens: 0,
  acceptedTokens: 0,
};

function countTokens(counts: PassCounts, result: Exclude<Answer['result'], { readonly status: 'failed' }>): void {
  const { promptTokens, outputTokens } = tokensOf(result);
  counts.promptTokens += promptTokens;
  counts.outputTokens += outputTokens;
  counts.reusedTokens += result.reusedTokens;
  if (!('draftedTokens' in result)) return;
  counts.draftedTokens += result.draftedTokens ?? 0;
  counts.acceptedTokens += result.acceptedTokens ?? 0;
}

export function createPassTally(
  { total, limitMs: plannedMs, before = { done: 0, scoreSum: 0 }, hidesScore = false }: PassLimits,
  onProgress: (progress: PassProgress) => void,
  memoryBytes: () => number | undefined,
): PassTally {
  const startedMs = performance.now();
  let [scoreSum, limitMs] = [before.scoreSum, plannedMs];
  const durationsMs: number[] = [];
  let [retried, exchanges, reportedMs] = [0, 0, startedMs];
  let inFlight: WorkInFlight | undefined;
  const oddities = createOddities();
  const counts: PassCounts = { ...nothingDone };

  function report(): void {
    reportedMs = performance.now();
    onProgress({
      done: before.done + counts.done,
      before: before.done,
      total,
      elapsedMs: reportedMs - startedMs,
      limitMs,
      promptTokens: counts.promptTokens,
      outputTokens: counts.outputTokens,
      failed: counts.failed,
      scoreSum,
      ...(hidesScore && { hidesScore }),
      memoryBytes: memoryBytes(),
      inFlight,
    });
  }

  function reportInTime(): void {
    if (performance.now() - reportedMs >= progressEveryMs) report();
  }

  return {
    counts,
    requests: () => ({ durationsMs, retried, exchanges }),
    oddities: oddities.all,
    count({ result }, score = 0) {
      counts.done += 1;
      scoreSum += score;
      exchanges += exchangesOf(result);
      oddities.see(result);
      if (result.status === 'failed') counts.failed += 1;
      else {
        if ((result.retries ?? 0) > 0) retried += 1;
        else durationsMs.push(result.times.lastTokenMs - result.times.startedMs);
        countTokens(counts, result);
      }
      reportInTime();
    },
    working(work) {
      inFlight = work;
      reportInTime();
    },
    expect: (ms) => void (limitMs = ms),
    report,
  };
}
