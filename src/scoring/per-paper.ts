import {
  factorLabels,
  factorNames,
  isLessBetter,
  perFactor,
  type FactorName,
  type Factors,
  usableMetrics,
  type LatencyResolution,
  type ModelMetrics,
  factorFates,
  type ScoreFlag,
} from './factor.ts';
import { geometricMean } from '../stats/means.ts';
import { rankDescending } from '../stats/rank-inference.ts';

/**
 * Scales to [0, 1] over the set: (x - min) / (max - min).
 *
 * The result depends on the whole set: one more model can change everyone's number.
 * Source: the PER paper, 3.2.1; docs/scores.md, "PER-paper".
 *
 * @param values one per model, in any one unit
 * @param options `isLessBetter`: the smallest value becomes 1, the largest 0
 * @returns as many numbers, in the same order; all 1 where all values are equal
 * @throws {RangeError} if a value isn't finite
 */
export function minMax(values: readonly number[], options: { readonly isLessBetter?: boolean } = {}): number[] {
  let low = Infinity;
  let high = -Infinity;
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) throw new RangeError(`minMax needs finite values, got ${value} at ${index}`);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return values.map(() => 1);
  // Halved only where the range would overflow: halving the smallest numbers would round them together.
  const unit = Number.isFinite(high - low) ? 1 : 0.5;
  const distance = (one: number, other: number): number => one * unit - other * unit;
  const range = distance(high, low);
  return values.map((value) => (options.isLessBetter ? distance(high, value) : distance(value, low)) / range);
}

const perPaperVersion = 'PER-paper/1';

export interface PerPaperOptions {
  /** Weight of each factor, with a sum of 1; a quarter each by default. */
  readonly weights?: Factors;
  /**
   * By how much a repetition would move a value (t x standard error), where it is known: a factor whose values differ
   * by less than twice this is flagged.
   */
  readonly margins?: Readonly<Partial<Record<FactorName, number>>>;
  readonly latencyResolution?: LatencyResolution;
}

export interface PerPaperRow {
  readonly model: string;
  /** In [0, 1], 1 is the best of the set; undefined where the model has no score, or is alone. */
  readonly factors: Factors | undefined;
  /** In [0, 1]. */
  readonly score: number | undefined;
  /** 1, 2, 2, 4 by score. */
  readonly rank: number | undefined;
  readonly flags: readonly ScoreFlag[];
}

export interface PerPaperResult {
  readonly version: string;
  /** As many as went in, in the same order. */
  readonly rows: readonly PerPaperRow[];
  /** What concerns the whole set. */
  readonly flags: readonly ScoreFlag[];
}

/**
 * The paper's Performance-Efficiency Ratio: the geometric mean of accuracy, throughput, memory and latency, each
 * scaled to [0, 1] over the models given, the last two inverted.
 *
 * Every score depends on the four worst values in the set, and the worst model in any factor has 0. Models that failed
 * or lack a factor have no score and don't move any other's. Source: the PER paper, 3.2.1; docs/scores.md.
 *
 * @param models one per model, all on the same task, each factor in one unit
 * @throws {RangeError} if a value is NaN, infinite, negative, or an accuracy above 1
 */
export function perPaper(models: readonly ModelMetrics[], options: PerPaperOptions = {}): PerPaperResult {
  const usable = models.map((metrics) => usableMetrics(metrics, options.latencyResolution));
  const values = usable.map((metrics) => metrics.values).filter((metrics) => metrics !== undefined);
  const setFlags = sizeFlags(
    models,
    usable.map(({ flags }) => flags),
    values.length,
  );
  if (values.length < 2) {
    return {
      version: perPaperVersion,
      rows: models.map(({ model }, index) => unscored(model, usable[index]?.flags)),
      flags: setFlags,
    };
  }
  const scaled = scaleFactors(values);
  const weights = options.weights && factorNames.map((factor) => (options.weights as Factors)[factor]);
  let next = 0;
  const rows = models.map(({ model }, index): Omit<PerPaperRow, 'rank'> => {
    const { values: own, flags = [] } = usable[index] ?? {};
    if (own === undefined) return unscored(model, flags);
    const factors = scaled[next] as Factors;
    next += 1;
    const score = geometricMean(
      factorNames.map((factor) => factors[factor]),
      weights,
    );
    return { model, factors, score, flags: [...flags, ...worstFlags(factors)] };
  });
  const ranks = rankDescending(rows.map(({ score }) => score));
  return {
    version: perPaperVersion,
    rows: rows.map((row, index) => ({ ...row, rank: ranks[index] })),
    flags: [...setFlags, ...factorFlags(values, options.margins ?? {})],
  };
}

function unscored(model: string, flags: readonly ScoreFlag[] = []): PerPaperRow {
  return { model, factors: undefined, score: undefined, rank: undefined, flags };
}

function scaleFactors(values: readonly Factors[]): Factors[] {
  const columns = perFactor((factor) =>
    minMax(
      values.map((metrics) => metrics[factor]),
      { isLessBetter: isLessBetter[factor] },
    ),
  );
  return values.map((_, row) => perFactor((factor) => columns[factor][row] as number));
}

function sizeFlags(
  models: readonly ModelMetrics[],
  flags: readonly (readonly ScoreFlag[])[],
  valid: number,
): ScoreFlag[] {
  switch (valid) {
    case 0: {
      const reasons = models.map(({ model }, index) => `${model}: ${flags[index]?.map(({ text }) => text).join(', ')}`);
      return [{ code: 'no_valid_model', text: `no valid model: ${reasons.join('; ') || 'no model was given'}` }];
    }
    case 1:
      return [{ code: 'set_too_small', text: 'one model: no ranking' }];
    case 2:
      return [{ code: 'degenerate_set', text: 'PER (set-relative) is meaningless with 2 models' }];
    case 3:
      return [{ code: 'small_set', text: 'PER (set-relative) means little with 3 models' }];
    default:
      return [];
  }
}

function factorFlags(values: readonly Factors[], margins: Readonly<Partial<Record<FactorName, number>>>): ScoreFlag[] {
  return factorNames.flatMap((factor): ScoreFlag[] => {
    const column = values.map((metrics) => metrics[factor]);
    const range = Math.max(...column) - Math.min(...column);
    const code = range === 0 ? 'flat' : range < 2 * (margins[factor] ?? 0) ? 'range_below_noise' : undefined;
    return code === undefined ? [] : [{ code, factor, text: `${factorLabels[factor]} ${factorFates[code]}` }];
  });
}

function worstFlags(factors: Factors): ScoreFlag[] {
  return factorNames
    .filter((factor) => factors[factor] === 0)
    .map((factor) => ({ code: 'worst', factor, text: `worst ${factorLabels[factor]} of the set: PER is 0` }));
}
