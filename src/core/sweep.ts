import type { ModelInfo } from './engine.ts';
import type { Measurement } from './measurement.ts';
import type { Limit } from './limits.ts';
import type { ServerSideRow } from './server-side.ts';

/** A load of a sweep: prompts of one length, answers of one length, and requests in flight. */
export interface SweepLoad {
  /** Tokens asked for; the engine's own count is in the measurements. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
}

/** Names of what a sweep measures of a load. */
export const sweepMetrics = [
  'promptSpeed',
  'outputSpeed',
  'promptTokensPerSecond',
  'outputTokensPerSecond',
  'ttftP50',
  'ttftP95',
  'tpotP50',
  'tpotP95',
  'e2elP50',
  'e2elP95',
  'achievedConcurrency',
  'promptTokens',
  'outputTokens',
] as const;

/**
 * `promptSpeed`: prompt tokens of a request over its time to first token. `outputSpeed`: the inverse of its time per output
 * token. `…TokensPerSecond`: of all requests together in the steady part. `promptTokens`: those that were processed, of a
 * request on average.
 */
export type SweepMetric = (typeof sweepMetrics)[number];

/** Something that must be known beside a row. */
export interface SweepMark {
  /** In one or two words, as it stands in the row, such as `cached`. */
  readonly name: string;
  /** One sentence with the number behind it. */
  readonly detail: string;
  /** The figures don't say what they seem to say. */
  readonly isDoubtful: boolean;
}

/** One model under one load. */
export interface SweepCell extends SweepLoad {
  readonly model: string;
  /** `unavailable`: it can't be asked, as with a context that is too small. */
  readonly state: 'done' | 'failed' | 'unavailable';
  /** Why there are no figures, in one sentence; undefined where there are. */
  readonly reason: string | undefined;
  readonly launches: number;
  /** Of all launches, those before and after the steady part included. */
  readonly requests: number;
  readonly failedRequests: number;
  /** Prompt tokens that the engine took from a cache. */
  readonly reusedTokens: number;
  readonly measurements: Readonly<Partial<Record<SweepMetric, Measurement>>>;
  /** What the model's server told of itself under this load; undefined where it tells nothing. */
  readonly server: ServerSideRow | undefined;
  readonly marks: readonly SweepMark[];
}

/** `unclear`: the interval holds the bound. */
export type LoadVerdict = 'within' | 'beyond' | 'unclear';

/** What was found at one concurrency: the percentile that a limit is on. */
export interface LoadProbe {
  readonly concurrency: number;
  /** Requests behind the percentile, failed ones included. */
  readonly requests: number;
  /** Milliseconds; undefined where so many requests failed that there is none. */
  readonly value: number | undefined;
  /** What the percentile is at least and at most, by order statistics; undefined where there were too few requests to say. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly verdict: LoadVerdict;
  /** Whether the value itself, without its interval, is within the limit. */
  readonly isValueWithin: boolean;
}

/** The highest concurrency at which a limit is kept. */
export interface HighestLoad {
  /** Undefined where none is. */
  readonly concurrency: number | undefined;
  /** What the intervals of the probes leave open; 0 as `low`: even one request at a time may be beyond the limit. */
  readonly low: number;
  /** The largest that was tried where `isOpen`. */
  readonly high: number;
  /** Nothing that was tried is shown to be beyond the limit. */
  readonly isOpen: boolean;
  /** Where a higher load was faster beyond doubt, in one sentence: the search assumes that none is. */
  readonly doubt: string | undefined;
  /** In the order in which they were made. */
  readonly probes: readonly LoadProbe[];
}

/** The highest load of one model with prompts of one length. */
export interface SweepSearch extends Omit<SweepLoad, 'concurrency'> {
  readonly model: string;
  readonly limit: Limit;
  /** The largest concurrency that may be tried. */
  readonly maxConcurrency: number;
  /** Confidence of the interval, all probes together. */
  readonly level: number;
  /** False where it was stopped, or a load couldn't be measured: then it is what is known so far. */
  readonly isFinished: boolean;
  /** Undefined where nothing could be measured; the cells say why. */
  readonly found: HighestLoad | undefined;
}

/** Everything that a sweep found. */
export interface Sweep {
  readonly models: readonly { readonly name: string; readonly info: ModelInfo | undefined }[];
  readonly launches: number;
  readonly windowSeconds: number;
  /** In the order in which people read them: by model, length and concurrency. */
  readonly cells: readonly SweepCell[];
  readonly searches: readonly SweepSearch[];
  readonly isInterrupted: boolean;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly perbenchVersion: string;
  /** Of the machine, in a few words. */
  readonly host: string;
}

/** `pp512`, as llama-bench calls a prompt of 512 tokens. */
export function promptTest({ promptTokens }: Pick<SweepLoad, 'promptTokens'>): string {
  return `pp${promptTokens}`;
}

/** `tg64 @ d512`: 64 tokens generated behind 512, in llama-bench's words. */
export function outputTest({ promptTokens, outputTokens }: Omit<SweepLoad, 'concurrency'>): string {
  return `tg${outputTokens} @ d${promptTokens}`;
}

/** `pp512 tg64 c4`. */
export function loadName({ promptTokens, outputTokens, concurrency }: SweepLoad): string {
  return `pp${promptTokens} tg${outputTokens} c${concurrency}`;
}
