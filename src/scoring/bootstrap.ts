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
import { drawAccuracies } from '../stats/accuracy-draws.ts';
import { launchFloor, unknownSpread } from '../stats/launch-interval.ts';
import { createLaunchSource, launchResiduals, type LaunchResiduals } from '../stats/launch-residuals.ts';
import { checkWeights, meanOf } from '../stats/means.ts';
import { createRandom, type Random } from '../stats/random.ts';
import { rankInference, type RankedModel } from '../stats/rank-inference.ts';
import { equalWeights } from './per-anchored.ts';

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

/** Performance of one launch, each above 0. */
export type LaunchPerformance = Readonly<Record<PerformanceName, number>>;

export interface BootstrapModel {
  readonly model: string;
  /** In [0, 1], one per item, all models in the same order. */
  readonly scores: ArrayLike<number>;
  /** At least one, in the order in which they ran. */
  readonly launches: readonly LaunchPerformance[];
}

export interface BootstrapOptions {
  /** 2,000 by default. */
  readonly resamples?: number;
  readonly seed: number;
  readonly clusters?: readonly (string | number)[] | undefined;
  /** Adds PER-A. */
  readonly anchors?: Anchors | undefined;
  readonly weights?: Factors;
  /** Launch 1 of every model ran before launch 2 of any, and so on: differences are taken round by round. */
  readonly isInRounds?: boolean | undefined;
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

/** Fewest launches that say anything about how much launches differ. */
const leastLaunches = 2;

/** Models that were launched once: how far another launch would differ is not known. */
export function launchedOnce(models: readonly BootstrapModel[]): readonly string[] {
  return models.filter(({ launches }) => launches.length < leastLaunches).map(({ model }) => model);
}

/** As good as infinitely many: the normal distribution. */
const assumedDegrees = 1e6;

/** Stands in where no model was launched twice: a slow launch takes longer for an answer, too. */
const assumedResiduals: LaunchResiduals = {
  launches: {
    vectors: [
      [unknownSpread.throughput, -unknownSpread.latency, 0],
      [0, 0, unknownSpread.memory],
    ].map((vector) => vector.map((value) => value * Math.sqrt(assumedDegrees))),
    degrees: assumedDegrees,
  },
  rounds: undefined,
  isUneven: [false, false, false],
};

/** How much launches of these models vary, in the order of `performanceNames`; undefined where none was launched twice. */
export function performanceResiduals(
  models: readonly Pick<BootstrapModel, 'launches'>[],
  isInRounds: boolean,
): LaunchResiduals | undefined {
  const logs = models.map(({ launches }) =>
    launches.map((launch) => performanceNames.map((name) => Math.log(launch[name]))),
  );
  const residuals = launchResiduals(logs, isInRounds);
  return residuals.launches.degrees === 0 ? undefined : residuals;
}

const baseUnits = { throughput: 'items/s', latency: 'ms', memory: 'bytes' } as const;

/** The least standard deviation of the logarithm over launches that is believed of one of a model's figures. */
export function performanceFloor(name: PerformanceName, value: number): number {
  return launchFloor(baseUnits[name], value);
}

/** Geometric mean over launches. */
export function overLaunches(launches: readonly LaunchPerformance[], name: PerformanceName): number {
  return Math.exp(meanOf(launches.map((launch) => Math.log(launch[name]))));
}

/** The figures of all models in every replicate, drawn together: a lucky launch moves speed, latency and memory as launches do. */
function drawPerformance(
  models: readonly BootstrapModel[],
  resamples: number,
  isInRounds: boolean,
  random: Random,
): Omit<ReplicateValues, 'accuracy'> {
  const size = resamples * models.length;
  const drawn = { throughput: new Float64Array(size), latency: new Float64Array(size), memory: new Float64Array(size) };
  const means = models.map(({ launches }) => performanceNames.map((name) => overLaunches(launches, name)));
  const next = createLaunchSource(
    performanceResiduals(models, isInRounds) ?? assumedResiduals,
    models.map(({ launches }, model) => ({
      count: launches.length,
      floors: performanceNames.map((name, place) => performanceFloor(name, means[model]?.[place] as number)),
    })),
    random,
  );
  for (let offset = 0; offset < size; offset += models.length) {
    for (const [model, logs] of next().entries()) {
      for (const [place, name] of performanceNames.entries()) {
        drawn[name][offset + model] = (means[model]?.[place] as number) * Math.exp(logs[place] as number);
      }
    }
  }
  return drawn;
}

/** What the models have themselves, as one replicate. */
export function pointValues(models: readonly BootstrapModel[]): ReplicateValues {
  const accuracy = Float64Array.from(models, ({ scores }) => meanOf(scores));
  const column = (name: PerformanceName): Float64Array =>
    Float64Array.from(models, ({ launches }) => overLaunches(launches, name));
  return { accuracy, throughput: column('throughput'), latency: column('latency'), memory: column('memory') };
}

/** Points and replicates of some models on one task. */
export interface DrawnModels {
  readonly models: readonly string[];
  readonly point: ReplicateValues;
  readonly values: ReplicateValues;
  /** Models whose launches have no known spread: they are never called better or worse than another. */
  readonly withoutLaunchSpread: readonly string[];
}

/**
 * Replicates in which a model that has everything right, or nothing, keeps that.
 *
 * @param accuracies of the models themselves
 * @returns undefined where there is no such model
 */
export function atEdges(values: ReplicateValues, accuracies: ArrayLike<number>): ReplicateValues | undefined {
  const edges = Array.from(accuracies, (accuracy) => (accuracy === 0 || accuracy === 1 ? accuracy : undefined));
  if (edges.every((edge) => edge === undefined)) return undefined;
  return { ...values, accuracy: values.accuracy.map((drawn, index) => edges[index % edges.length] ?? drawn) };
}

/**
 * Intervals, ranks and ties by a score.
 *
 * @param scoresOf the scores of replicates, by replicate and then by model
 */
export function rankByScore(
  drawn: DrawnModels,
  scoresOf: (values: ReplicateValues) => Float64Array,
): readonly RankedModel[] {
  const edges = atEdges(drawn.values, drawn.point.accuracy);
  return rankInference([...scoresOf(drawn.point)], scoresOf(drawn.values), {
    isUnknown: drawn.models.map((model) => drawn.withoutLaunchSpread.includes(model)),
    atEdges: edges && scoresOf(edges),
  });
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
export type ReplicateOptions = Pick<BootstrapOptions, 'resamples' | 'seed' | 'clusters' | 'isInRounds'>;

/**
 * Replicates of the four factors: one draw of items that all models share, and one of launches.
 *
 * @throws {RangeError} if the models don't have the same items
 */
export function drawReplicates(models: readonly BootstrapModel[], options: ReplicateOptions): ReplicateValues {
  const { resamples = defaultResamples, seed, clusters, isInRounds = false } = options;
  const random = createRandom(seed);
  const scores = { models: models.map((model) => model.scores), clusters };
  const accuracy = drawAccuracies(scores, resamples, random);
  return { accuracy, ...drawPerformance(models, resamples, isInRounds, random) };
}

/**
 * The bootstrap over items and launches for models on one task: what would change on other items of the kind and with
 * other launches. For reporting at a fixed number of items, never for stopping.
 *
 * Each replicate weights the items anew for all models (clusters where they depend on each other), and draws the
 * performance of all from Student's t around their means; then everything is computed again, for PER-paper the scaling too.
 * Source: docs/scores.md, "Ranks".
 *
 * @throws {RangeError} if the models don't have the same items
 */
export function bootstrapTask(models: readonly BootstrapModel[], options: BootstrapOptions): BootstrapResult {
  const { resamples = defaultResamples, seed, anchors, weights } = options;
  const drawn: DrawnModels = {
    models: models.map(({ model }) => model),
    point: pointValues(models),
    values: drawReplicates(models, options),
    withoutLaunchSpread: launchedOnce(models),
  };
  const paperPoint = paperReplicates(drawn.point, models.length, weights);
  return {
    resamples,
    seed,
    paper: rankByScore(drawn, (values) => paperReplicates(values, models.length, weights)),
    anchored: anchors && rankByScore(drawn, (values) => anchoredReplicates(values, anchors, weights)),
    withoutLaunchSpread: drawn.withoutLaunchSpread,
    atBoundary: models.filter((_, index) => paperPoint[index] === 0).map(({ model }) => model),
    paretoShare: paretoShares(drawn.values, models.length),
  };
}
