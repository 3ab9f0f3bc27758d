import type { Limits } from './limits.ts';

/** What a race is to decide; fixed, and hashed, before the first item is asked. */
export interface RaceQuestion {
  /** `winner`: the highest PER-A. `cheapest`: the least device time per item among those that pass one of the gates. */
  readonly goal: 'winner' | 'cheapest';
  /**
   * `minAccuracy`, `withinBest` and `maxAccuracyDrop` are the gates of `cheapest`; `maxMemory` and one percentile of the latency, asked one
   * item at a time, go with both goals.
   */
  readonly limits: Limits;
  /** The model that `maxAccuracyDrop` is relative to; there if and only if that is asked. */
  readonly base?: string | undefined;
}

/** A question as stores have held it since `race/1`, under names of its own. */
export interface StoredQuestion {
  readonly text: string;
  readonly goal: RaceQuestion['goal'];
  readonly leastAccuracy?: number;
  readonly withinBest?: number;
  readonly base?: string | undefined;
  readonly mostAccuracyDrop?: number;
  readonly mostMemoryBytes?: number;
  readonly latency?: { readonly share: number; readonly mostMs: number };
}

/**
 * `skipped`: never launched. `pruned`: ruled out by its performance. `eliminated`: ruled out by answers, mostly
 * before all were given. `passed`: through the gate before all were given. `full`: all items answered. `failed`: can't be judged.
 */
export type RaceStatus = 'skipped' | 'pruned' | 'eliminated' | 'passed' | 'full' | 'failed';

/** Accuracy of a model in a race: a mean only where every item was answered, since a mean that was stopped is biased. */
export type RaceAccuracy =
  | { readonly kind: 'exact'; readonly value: number }
  | { readonly kind: 'interval'; readonly low: number; readonly high: number };

/** How a model's scores differ from those of the base, on the same items. */
export interface PairedDifference {
  /** Items that both answered, in the order that was drawn beforehand. */
  readonly n: number;
  /** Items on which the scores differ. */
  readonly flips: number;
  /** Accuracy less that of the base, on all items. */
  readonly accuracy: RaceAccuracy;
}

/** Performance of a model over its launches, in the units of the anchors. */
export interface RaceValues {
  /** Items per second and device. */
  readonly throughput: number;
  /** In milliseconds. */
  readonly latency: number;
  /** In bytes; NaN where it isn't known and isn't asked for. */
  readonly memory: number;
}

/** What became of one model. */
export interface RaceVerdict {
  readonly model: string;
  readonly status: RaceStatus;
  /** Whether it is (one of) the answer. */
  readonly isNamed: boolean;
  /** One part of a sentence, such as `needs accuracy 0.85, but is below that`. */
  readonly reason: string;
  /** The verdict rests on the model's size, not on a measurement: the certificate holds if size tells its cost. */
  readonly isAssumed: boolean;
  readonly launches: number;
  /** Answers behind the verdict, in the order that was drawn beforehand. */
  readonly n: number;
  /** Accuracy that it had to have; null where none was asked. */
  readonly tau: number | null;
  /** Logarithm of the evidence against having it; `certain` once it was impossible. */
  readonly logE: number | 'certain' | null;
  readonly accuracy: RaceAccuracy | null;
  /** Only where models are compared with a base, of those that answered anything. */
  readonly difference?: PairedDifference | undefined;
  readonly values: (Omit<RaceValues, 'memory'> & { readonly memory: number | null }) | null;
  /** PER-A; only where every item was answered. */
  readonly score: number | null;
}

/** What a race used, against evaluating every model in full. Device seconds are items times measured seconds per item. */
export interface RaceCost {
  readonly items: number;
  readonly fullItems: number;
  readonly deviceSeconds: number;
  readonly fullDeviceSeconds: number;
  readonly launches: number;
  readonly fullLaunches: number;
  /** Models whose cost was never measured: theirs is estimated from the size of their weights, or left out. */
  readonly estimatedModels: readonly string[];
}

/**
 * Share of bootstrap replicates, over new items of the kind and other launches, in which a model is first among those that
 * answered everything. It is no confidence: the race decides about exactly its own items.
 */
export interface RaceSupport {
  readonly model: string;
  readonly share: number;
}

/** How far launches of one machine are taken to differ, before the race has launches of its own to tell. */
export interface AssumedSpread {
  /** Standard deviations of the logarithm over launches. */
  readonly throughput: number;
  readonly latency: number;
  readonly memory: number;
  /** Degrees of freedom behind them; absent where they were not measured. */
  readonly degrees?: number | undefined;
  /** Where they come from, as a part of a sentence: `assumed`, `measured in 14 earlier launches`. */
  readonly source: string;
}

/** What the launches of a race said about the spread that it assumed. */
export interface SpreadCheck {
  /** Standard deviation of the logarithm of the speed over launches, as assumed. */
  readonly assumed: number;
  readonly source: string;
  /** The same as the launches showed it, in the same proportion to what decides. */
  readonly measured: number;
  readonly degrees: number;
  /** The launches contradict what was assumed: bounds were widened to what they showed. */
  readonly isLarger: boolean;
  /** Models that the wider bounds don't rule out; with one of them the certificate is withdrawn. */
  readonly inDoubt: readonly string[];
}

/** The rule of races that end now; stores hold certificates of `race/1` too. */
export const raceVersion = 'race/2';

/** The answer to a race's question for one task, with all that is needed to check it. */
export interface RaceCertificate {
  readonly version: 'race/1' | typeof raceVersion;
  readonly question: string;
  readonly questionSha256: string;
  /** Whom the models are compared with, and by how much they may be less accurate; only where that was asked. */
  readonly base?: { readonly model: string; readonly maxDrop: number } | undefined;
  readonly taskId: string;
  /** Version string of the score, such as `PER-A/2026-1/paper-gpu`; null where no score was asked. */
  readonly score: string | null;
  readonly confidence: number;
  /** How the allowed error is shared out. */
  readonly alpha: { readonly performance: number; readonly accuracy: number; readonly latency: number };
  /** F: the claim is about exactly these items, not about new ones. */
  readonly estimand: 'F';
  readonly items: number;
  readonly seed: number;
  /**
   * `winner`: one model. `tie`: several, which more launches could tell apart. `none`: no model qualifies. `withdrawn`:
   * launches differ by more than was assumed, and without that assumption models are left that were ruled out.
   */
  readonly outcome: 'winner' | 'tie' | 'none' | 'withdrawn';
  readonly named: readonly string[];
  /** How far, as a share of the score or of the cost, the first of `named` can be behind the true best; 0 for a single one. */
  readonly delta: number;
  readonly models: readonly RaceVerdict[];
  readonly cost: RaceCost;
  /** Absent where nothing that rests on launches was claimed, or they couldn't be compared, and in `race/1`. */
  readonly spread?: SpreadCheck | undefined;
  /** Best first; absent where fewer than two models answered everything, or no score is asked. */
  readonly support?: readonly RaceSupport[];
  /** What would change the answer, one sentence each. */
  readonly changes: readonly string[];
}

/** What a run stores of a race. Tests are computed again from the stored answers; this is what must not change. */
export interface RaceRecord {
  /** The rule by which it goes on; absent in `race/1`. */
  readonly version?: typeof raceVersion;
  readonly question: StoredQuestion;
  readonly confidence: number;
  /** Absent where nothing is known of this machine: then as elsewhere. */
  readonly assumedSpread?: AssumedSpread | undefined;
  /** By task id. */
  readonly tasks: Readonly<Record<string, RaceTaskRecord>>;
}

export interface RaceTaskRecord {
  readonly questionSha256: string;
  /** Version string and anchors of the score; absent where none is asked. */
  readonly score?: { readonly version: string; readonly anchors: RaceAnchors };
  /** What was known of the models before the first launch, in the order in which they are tried. */
  readonly entrants: readonly RaceEntrantFacts[];
  /** Verdicts so far that are final. */
  readonly decisions: readonly RaceVerdict[];
  readonly certificate?: RaceCertificate;
  /** Where it stood when it was last told to stop; absent once there is a certificate. */
  readonly open?: OpenRace;
}

/** What can be said of a race that was stopped before it was decided. */
export interface OpenRace {
  /** Models that nothing rules out so far; under `winner` the best of those that answered everything first. */
  readonly candidates: readonly string[];
  /** How far, as a share of the score, the first of them can be behind the true best; null where that isn't known. */
  readonly delta: number | null;
}

/** What scores 0.5 in each factor; see `Anchors` of the scores. */
export interface RaceAnchors {
  readonly trivialAccuracy: number;
  readonly throughput: number;
  readonly latency: number;
  readonly memory: number;
}

/** Facts of a model before it is launched. */
export interface RaceEntrantFacts {
  readonly model: string;
  /** Why it can't be launched here at all. */
  readonly exclusion?: string;
  /** Memory that it needs at least, in bytes. */
  readonly memoryFloor?: number;
  /** Bytes of weights that one token passes through. */
  readonly activeBytes?: number;
  /** It failed, and was let in again. */
  readonly isRetried?: boolean;
}
