/** The four things that a score is made of, in the order in which they are shown. */
export const factorNames = ['accuracy', 'throughput', 'latency', 'memory'] as const;
export type FactorName = (typeof factorNames)[number];

/** The factors that launches vary in. */
export const performanceNames = ['throughput', 'latency', 'memory'] as const satisfies readonly FactorName[];
export type PerformanceName = (typeof performanceNames)[number];

/** One number per factor: raw values, or values scaled to [0, 1]. */
export type Factors = Readonly<Record<FactorName, number>>;

/** One value for each factor, made in their order. */
export function perFactor<Value>(make: (factor: FactorName) => Value): Record<FactorName, Value> {
  return {
    accuracy: make('accuracy'),
    throughput: make('throughput'),
    latency: make('latency'),
    memory: make('memory'),
  };
}

/** What a factor is called in formulas, flags and narrow tables. */
export const factorLabels = {
  accuracy: 'ACC',
  throughput: 'THR',
  latency: 'LAT',
  memory: 'MEM',
} as const satisfies Record<FactorName, string>;

/** Whether less is better. */
export const isLessBetter = {
  accuracy: false,
  throughput: false,
  latency: true,
  memory: true,
} as const satisfies Record<FactorName, boolean>;

/**
 * What is degenerate or doubtful about a score.
 *
 * `no_valid_model`, `set_too_small` (1 model), `degenerate_set` (2), `small_set` (3): the set;
 * `flat`: all values of a factor are equal; `range_below_noise`: they differ by less than they vary;
 * `lat_below_resolution`: counted as the smallest latency that can be told;
 * `failed`, `missing`, `invalid`, `unit`: why a model has no score; `worst`: why a score is 0;
 * `doubtful`: the score rests on a number that can't be trusted;
 * `below_trivial_baseline`: accuracy no better than always giving the same answer.
 */
export type ScoreFlagCode =
  | 'no_valid_model'
  | 'set_too_small'
  | 'degenerate_set'
  | 'small_set'
  | 'flat'
  | 'range_below_noise'
  | 'lat_below_resolution'
  | 'failed'
  | 'missing'
  | 'invalid'
  | 'unit'
  | 'worst'
  | 'doubtful'
  | 'below_trivial_baseline';

export interface ScoreFlag {
  readonly code: ScoreFlagCode;
  readonly factor?: FactorName;
  /** For people: what it means for the reader, as a phrase. */
  readonly text: string;
}

/** What becomes of a factor in which the models of a set don't differ. */
export const factorFates: Readonly<Partial<Record<ScoreFlagCode, string>>> = {
  flat: 'equal: ignored in the ranking',
  range_below_noise: 'differences are within noise',
};

/** The flag in one word for files: `flat:THR`, `small_set`. */
export function flagId(flag: ScoreFlag): string {
  return flag.factor === undefined ? flag.code : `${flag.code}:${factorLabels[flag.factor]}`;
}

/** What was measured of one model on one task: plain numbers, each factor in one unit for all models. */
export interface ModelMetrics {
  readonly model: string;
  /** From 0 to 1. */
  readonly accuracy?: number | undefined;
  /** Items or tokens a second, per device; 0 means that no request was answered. */
  readonly throughput?: number | undefined;
  /** Time for an item or a token. */
  readonly latency?: number | undefined;
  /** Memory per device. */
  readonly memory?: number | undefined;
  /** Why the model failed; it has no score then, and touches no other's. */
  readonly failure?: string | undefined;
  /** Why a factor is missing, for the sentence that says so. */
  readonly missing?: Readonly<Partial<Record<FactorName, string>>>;
}

/** The clock's resolution: a smaller latency counts as this. */
export interface LatencyResolution {
  readonly value: number;
  /** For the sentence about it. */
  readonly unit: string;
}

export const defaultLatencyResolution: LatencyResolution = { value: 0.001, unit: 'ms' };

export interface UsableMetrics {
  /** Undefined where the model can't have a score. */
  readonly values: Factors | undefined;
  readonly flags: readonly ScoreFlag[];
}

function checkRange(metrics: ModelMetrics, factor: FactorName): void {
  const value = metrics[factor];
  if (value === undefined) return;
  const isInRange = Number.isFinite(value) && value >= 0 && (factor !== 'accuracy' || value <= 1);
  if (isInRange) return;
  const expected = factor === 'accuracy' ? 'a number from 0 to 1' : 'a finite number of at least 0';
  throw new RangeError(`${metrics.model}: ${factor} must be ${expected}, got ${value}`);
}

/**
 * Decides whether a model's numbers can be scored, and says why not.
 *
 * Nothing is imputed: a model without one of the four factors has no score.
 *
 * @throws {RangeError} if a value is NaN, infinite, negative, or an accuracy above 1
 */
export function usableMetrics(
  metrics: ModelMetrics,
  resolution: LatencyResolution = defaultLatencyResolution,
): UsableMetrics {
  for (const factor of factorNames) checkRange(metrics, factor);
  const { accuracy, throughput, latency, memory } = metrics;
  if (metrics.failure !== undefined) return { values: undefined, flags: [{ code: 'failed', text: metrics.failure }] };
  if (throughput === 0) {
    return { values: undefined, flags: [{ code: 'failed', factor: 'throughput', text: 'no request was answered' }] };
  }
  if (accuracy === undefined || throughput === undefined || latency === undefined || memory === undefined) {
    return { values: undefined, flags: factorNames.filter((factor) => metrics[factor] === undefined).map(missingFlag) };
  }
  const flags: ScoreFlag[] = [];
  if (latency < resolution.value) {
    const text = `< ${resolution.value} ${resolution.unit}`;
    flags.push({ code: 'lat_below_resolution', factor: 'latency', text });
  }
  return { values: { accuracy, throughput, latency: Math.max(latency, resolution.value), memory }, flags };

  function missingFlag(factor: FactorName): ScoreFlag {
    const reason = metrics.missing?.[factor];
    const text = `${factorLabels[factor]} not measured${reason === undefined ? '' : ` (${reason})`}`;
    return { code: 'missing', factor, text };
  }
}
