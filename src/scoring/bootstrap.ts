import { checkAnchors, type Anchors } from './anchors.ts';
import {
  factorNames,
  isLessBetter,
  perFactor,
  performanceNames,
  type FactorName,
  type Factors,
  type PerformanceName,
} from './factor.ts';
import { checkWeights, meanOf } from '../stats/means.ts';
import { equalWeights } from './per-anchored.ts';
import { createRandom, type Random, createStudentSource } from '../stats/random.ts';
import { rankInference, type RankedModel } from '../stats/rank-inference.ts';
import { randomResample, resampleAccuracies } from '../stats/resample-accuracy.ts';

/** Raw values of every replicate, by replicate and then by model. */
export type ReplicateValues = Readonly<Record<FactorName, Float64Array>>;

/** The columns of some models out of replicates, in the order asked for; undefined where one isn't among them. */
export function chosenValues(
  { models: all, values }: { readonly models: readonly string[]; readonly values: ReplicateValues },
  wanted: readonly string[],
): ReplicateValues | undefined {
  const places = wanted.map((model) => all.indexOf(model));
  if (places.includes(-1)) return undefined;
  const count = values.accuracy.length / all.length;
  return perFactor((factor) => {
    const columns = new Float64Array(count * wanted.length);
    for (let replicate = 0; replicate < count; replicate += 1) {
      for (const [index, place] of places.entries()) {
        columns[replicate * wanted.length + index] = values[factor][replicate * all.length + place] as number;
      }
    }
    return columns;
  });
}

function weightList(weights: Factors): number[] {
  const list = factorNames.map((factor) => weights[factor]);
  checkWeights(list, factorNames.length);
  return list;
}

/** PER-A of every replicate; the same formula as `anchoredScore`, without an object for each number. */
export function anchoredReplicates(
  values: ReplicateValues,
  anchors: Anchors,
  weights: Factors = equalWeights,
): Float64Array {
  checkAnchors(anchors);
  const [wA = 0, wT = 0, wL = 0, wM = 0] = weightList(weights);
  const { trivialAccuracy: c, throughput: t0, latency: l0, memory: m0 } = anchors;
  const { accuracy, throughput, latency, memory } = values;
  return Float64Array.from(accuracy, (a, index) => {
    const t = throughput[index] as number;
    const acc = Math.max(0, (a - c) / (1 - c)) ** wA;
    return (
      acc *
      (t / (t + t0)) ** wT *
      (l0 / (l0 + (latency[index] as number))) ** wL *
      (m0 / (m0 + (memory[index] as number))) ** wM
    );
  });
}

/** PER-paper of every replicate, each scaled over its own set; the same formula as `perPaper`. */
export function paperReplicates(
  values: ReplicateValues,
  models: number,
  weights: Factors = equalWeights,
): Float64Array {
  const list = weightList(weights);
  const out = new Float64Array(values.accuracy.length).fill(1);
  for (const [position, factor] of factorNames.entries()) {
    const column = values[factor];
    const weight = list[position] as number;
    for (let offset = 0; offset < column.length; offset += models) {
      let [low, high] = [Infinity, -Infinity];
      for (let index = offset; index < offset + models; index += 1) {
        const value = column[index] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (low === high) continue;
      const best = isLessBetter[factor] ? low : high;
      const worst = isLessBetter[factor] ? high : low;
      for (let index = offset; index < offset + models; index += 1) {
        const scaled = ((column[index] as number) - worst) / (best - worst);
        out[index] = (out[index] as number) * scaled ** weight;
      }
    }
  }
  return out;
}

/** A performance figure as launches gave it. */
export interface LaunchedValue {
  readonly geometricMean: number;
  /** Standard deviation of the logarithm over launches, pooled over models where possible; undefined: not known. */
  readonly logDeviation: number | undefined;
  readonly launches: number;
  /** Of the deviation. */
  readonly degreesOfFreedom: number;
}

export interface BootstrapModel {
  readonly model: string;
  /** In [0, 1], one per item, all models in the same order. */
  readonly scores: ArrayLike<number>;
  readonly throughput: LaunchedValue;
  readonly latency: LaunchedValue;
  readonly memory: LaunchedValue;
}

export interface BootstrapOptions {
  /** 2,000 by default. */
  readonly resamples?: number;
  readonly seed: number;
  readonly clusters?: readonly (string | number)[] | undefined;
  /** Adds PER-A. */
  readonly anchors?: Anchors | undefined;
  readonly weights?: Factors;
  /** Throughput and latency come from the same window: a lucky launch moves both, in opposite directions. */
  readonly isSameWindow?: boolean;
}

export interface BootstrapResult {
  readonly resamples: number;
  readonly seed: number;
  /** As many as models, in the same order. */
  readonly paper: readonly RankedModel[];
  readonly anchored: readonly RankedModel[] | undefined;
  /** Models whose performance has no known spread: their intervals are too narrow. */
  readonly withoutLaunchSpread: readonly string[];
  /** Models that are worst in a factor: the bootstrap isn't regular there, their PER-paper intervals are a guess. */
  readonly atBoundary: readonly string[];
  /** For each model the share of replicates in which no other dominated it. */
  readonly paretoShare: readonly number[];
}

export const defaultResamples = 2000;

/** exp(mean + t s / sqrt(launches)) for every replicate of every model. */
function drawPerformance(
  models: readonly BootstrapModel[],
  resamples: number,
  isSameWindow: boolean,
  random: Random,
): Omit<ReplicateValues, 'accuracy'> {
  const size = resamples * models.length;
  const drawn = { throughput: new Float64Array(size), latency: new Float64Array(size), memory: new Float64Array(size) };
  for (const [model, entry] of models.entries()) {
    const sources = new Map(
      performanceNames.map((name) => [name, createStudentSource(Math.max(1, entry[name].degreesOfFreedom), random)]),
    );
    for (let replicate = 0; replicate < resamples; replicate += 1) {
      const shared = sources.get('throughput')?.() ?? 0;
      for (const name of performanceNames) {
        const { geometricMean, logDeviation = 0, launches } = entry[name];
        const own =
          name === 'throughput' ? shared : name === 'latency' && isSameWindow ? -shared : (sources.get(name)?.() ?? 0);
        drawn[name][replicate * models.length + model] =
          geometricMean * Math.exp((own * logDeviation) / Math.sqrt(launches));
      }
    }
  }
  return drawn;
}

/** What the models have themselves, as one replicate. */
export function pointValues(models: readonly BootstrapModel[]): ReplicateValues {
  const accuracy = Float64Array.from(models, ({ scores }) => meanOf(scores));
  const column = (name: PerformanceName): Float64Array =>
    Float64Array.from(models, (model) => model[name].geometricMean);
  return { accuracy, throughput: column('throughput'), latency: column('latency'), memory: column('memory') };
}

/**
 * For each model the share of replicates in which no other dominated it.
 *
 * @param factors which of them count
 */
export function paretoShares(
  values: ReplicateValues,
  models: number,
  factors: readonly FactorName[] = factorNames,
): number[] {
  const shares = Array.from({ length: models }, () => 0);
  const replicates = values.accuracy.length / models;
  const columns = factors.map((factor) => ({ column: values[factor], sign: isLessBetter[factor] ? -1 : 1 }));
  const isNoWorse = (other: number, own: number): boolean => {
    for (const { column, sign } of columns) {
      if (sign * (column[other] as number) < sign * (column[own] as number)) return false;
    }
    return true;
  };
  for (let offset = 0; offset < values.accuracy.length; offset += models) {
    for (let model = 0; model < models; model += 1) {
      const own = offset + model;
      let isDominated = false;
      for (let other = offset; other < offset + models && !isDominated; other += 1) {
        isDominated = other !== own && isNoWorse(other, own) && !isNoWorse(own, other);
      }
      if (!isDominated) shares[model] = (shares[model] as number) + 1 / replicates;
    }
  }
  return shares;
}

/** What a replicate of every factor is drawn from, and how. */
export type ReplicateOptions = Pick<BootstrapOptions, 'resamples' | 'seed' | 'clusters' | 'isSameWindow'>;

/**
 * Replicates of the four factors: one draw of items that all models share, and draws of the performance of each.
 *
 * @throws {RangeError} if the models don't have the same items
 */
export function drawReplicates(models: readonly BootstrapModel[], options: ReplicateOptions): ReplicateValues {
  const { resamples = defaultResamples, seed, clusters, isSameWindow = false } = options;
  const random = createRandom(seed);
  const scores = { models: models.map((model) => model.scores), clusters };
  const accuracy = resampleAccuracies(scores, resamples, randomResample(random));
  return { accuracy, ...drawPerformance(models, resamples, isSameWindow, random) };
}

/**
 * The bootstrap over items and launches for models on one task: what would change on other items of the kind and with
 * other launches. For reporting at a fixed number of items, never for stopping.
 *
 * Each replicate draws items once for all models (clusters where they depend on each other), and each performance figure
 * from Student's t around its mean; then everything is computed again, for PER-paper the scaling too.
 * Source: docs/scores.md, "Ranks".
 *
 * @throws {RangeError} if the models don't have the same items
 */
export function bootstrapTask(models: readonly BootstrapModel[], options: BootstrapOptions): BootstrapResult {
  const { resamples = defaultResamples, seed, anchors, weights } = options;
  const values = drawReplicates(models, options);
  const point = pointValues(models);
  const paperPoint = [...paperReplicates(point, models.length, weights)];
  return {
    resamples,
    seed,
    paper: rankInference(paperPoint, paperReplicates(values, models.length, weights)),
    anchored:
      anchors &&
      rankInference([...anchoredReplicates(point, anchors, weights)], anchoredReplicates(values, anchors, weights)),
    withoutLaunchSpread: models
      .filter((model) => performanceNames.some((name) => model[name].logDeviation === undefined))
      .map(({ model }) => model),
    atBoundary: models.filter((_, index) => paperPoint[index] === 0).map(({ model }) => model),
    paretoShare: paretoShares(values, models.length),
  };
}
