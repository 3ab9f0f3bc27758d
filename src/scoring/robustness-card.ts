import type { Anchors } from './anchors.ts';
import { factorNames, type FactorName, type Factors, isLessBetter, perFactor } from './factor.ts';
import { perPaper } from './per-paper.ts';
import { accuracyWeightCurve, type CurveSegment } from './accuracy-weight-curve.ts';
import { kendallTauB } from '../stats/rank-inference.ts';
import { anchoredFactors, anchoredScore } from './per-anchored.ts';

/** A model with its four raw values. */
export type ValuedModel = Factors & { readonly model: string };

/** Scores of the same models in the same order. */
export type ScoreModels = (models: readonly ValuedModel[]) => readonly number[];

/** How often each model wins over a set of choices; ties are split. */
export type WinnerShares = Readonly<Record<string, number>>;

const weightSteps = 10;
const anchorMultipliers = [0.25, 0.5, 1, 2, 4] as const;

/** All weights that are multiples of 0.1 and at least 0.1: 84 of them. */
export function weightLattice(): Factors[] {
  const lattice: Factors[] = [];
  for (let accuracy = 1; accuracy <= weightSteps - 3; accuracy += 1) {
    for (let throughput = 1; throughput <= weightSteps - 2 - accuracy; throughput += 1) {
      for (let latency = 1; latency <= weightSteps - 1 - accuracy - throughput; latency += 1) {
        const memory = weightSteps - accuracy - throughput - latency;
        lattice.push({
          accuracy: accuracy / weightSteps,
          throughput: throughput / weightSteps,
          latency: latency / weightSteps,
          memory: memory / weightSteps,
        });
      }
    }
  }
  return lattice;
}

/** Throughput, memory and latency anchors, each at a quarter, half, one, two and four times: 125 of them. */
export function anchorLattice(anchors: Anchors): Anchors[] {
  return anchorMultipliers.flatMap((throughput) =>
    anchorMultipliers.flatMap((memory) =>
      anchorMultipliers.map((latency) => ({
        trivialAccuracy: anchors.trivialAccuracy,
        throughput: anchors.throughput * throughput,
        memory: anchors.memory * memory,
        latency: anchors.latency * latency,
      })),
    ),
  );
}

/** Weights without one factor: a third for each of the others. */
export function weightsWithout(dropped: FactorName): Factors {
  const third = 1 / (factorNames.length - 1);
  const weights = { accuracy: third, throughput: third, latency: third, memory: third };
  return { ...weights, [dropped]: 0 };
}

/** The models with the highest score, within rounding. */
function winners(models: readonly ValuedModel[], scores: readonly number[]): string[] {
  const best = Math.max(...scores);
  return models.filter((_, index) => (scores[index] as number) >= best * (1 - 1e-12)).map(({ model }) => model);
}

/** Counts winners over several ways of scoring the same models. */
export function winnerShares(models: readonly ValuedModel[], ways: readonly ScoreModels[]): WinnerShares {
  const counts = new Map<string, number>();
  for (const score of ways) {
    const best = winners(models, score(models));
    for (const model of best) counts.set(model, (counts.get(model) ?? 0) + 1 / best.length);
  }
  return Object.fromEntries([...counts].toSorted((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1)));
}

/** A newcomer that would change the winner of PER-paper by being the worst in one factor, whatever else it does. */
export interface NadirFlip {
  readonly factor: FactorName;
  /** The newcomer must be worse than this: below for accuracy and throughput, above for latency and memory. */
  readonly beyond: number;
  readonly winner: string;
}

/**
 * How little it takes to change the winner of PER-paper: for each factor the value beyond which one more model, nowhere
 * else the worst or best, hands the win to another.
 *
 * With the worst value n of a factor moved, each score to the power 1/w is (x - n) times what its other factors give, so
 * that two models change places at one point. Source: docs/scores.md, "PER-paper".
 *
 * @param models raw values, all of them valid
 * @returns by factor, only where there is such a value; empty where there is no single winner
 */
export function nadirFlips(models: readonly ValuedModel[]): readonly NadirFlip[] {
  const scored = perPaper(models).rows;
  const first = scored.findIndex(({ rank, score }) => rank === 1 && (score ?? 0) > 0);
  if (first === -1) return [];
  return factorNames.flatMap((factor) => {
    const sign = isLessBetter[factor] ? -1 : 1;
    const points = models.map((model, index) => ({
      model: model.model,
      x: sign * model[factor],
      rest: restOf(scored[index]?.factors, factor),
    }));
    const winner = points[first] as (typeof points)[number];
    let flip: { readonly at: number; readonly model: string } | undefined;
    for (const { model, x, rest } of points) {
      if (rest <= winner.rest) continue;
      const at = (winner.x * winner.rest - x * rest) / (winner.rest - rest);
      if (flip === undefined || at > flip.at) flip = { at, model };
    }
    // Accuracies and throughputs below 0 don't exist.
    if (flip === undefined || (sign === 1 && flip.at < 0)) return [];
    return [{ factor, beyond: sign * flip.at, winner: flip.model }];
  });
}

/** Product of the other three scaled factors. */
function restOf(factors: Factors | undefined, omitted: FactorName): number {
  return factorNames.reduce(
    (product, factor) => (factor === omitted ? product : product * (factors?.[factor] ?? 0)),
    1,
  );
}

/** `robust`: the winner takes at least 90 % of the weight lattice; `leaning`: 60 %. */
export type RobustnessVerdict = 'robust' | 'leaning' | 'depends on weights';

interface WeightSensitivity {
  /** Winners at equal weights; several only where they tie exactly. */
  readonly winners: readonly string[];
  /** Wins among the 84 weights of the lattice. */
  readonly weightWins: WinnerShares;
  readonly verdict: RobustnessVerdict;
  readonly accuracyWeightCurve: readonly CurveSegment[];
  /** Winners when a factor is left out and the others count a third each. */
  readonly withoutFactor: Readonly<Record<FactorName, readonly string[]>>;
}

export interface LeaveOneOut {
  readonly omitted: string;
  /** Agreement with the full set on the order of the others. */
  readonly tauB: number | undefined;
  readonly winners: readonly string[];
}

export interface PaperRobustness extends WeightSensitivity {
  readonly leaveOneOut: readonly LeaveOneOut[];
  readonly nadirFlips: readonly NadirFlip[];
}

export interface AnchoredRobustness extends WeightSensitivity {
  /** Wins among the 125 anchors of the lattice. */
  readonly anchorWins: WinnerShares;
}

function verdictOf(best: readonly string[], wins: WinnerShares): RobustnessVerdict {
  const total = Object.values(wins).reduce((sum, count) => sum + count, 0);
  const share = best.reduce((sum, model) => sum + (wins[model] ?? 0), 0) / total;
  return share >= 0.9 ? 'robust' : share >= 0.6 ? 'leaning' : 'depends on weights';
}

function sensitivity(
  models: readonly ValuedModel[],
  score: (models: readonly ValuedModel[], weights?: Factors) => readonly number[],
  factors: readonly { readonly model: string; readonly factors: Factors }[],
): WeightSensitivity {
  const best = winners(models, score(models));
  const weightWins = winnerShares(
    models,
    weightLattice().map((weights) => (own: readonly ValuedModel[]) => score(own, weights)),
  );
  const without = (factor: FactorName): string[] => winners(models, score(models, weightsWithout(factor)));
  return {
    winners: best,
    weightWins,
    verdict: verdictOf(best, weightWins),
    accuracyWeightCurve: accuracyWeightCurve(factors),
    withoutFactor: perFactor(without),
  };
}

function paperScores(models: readonly ValuedModel[], weights?: Factors): number[] {
  return perPaper(models, weights && { weights }).rows.map(({ score }) => score ?? 0);
}

/**
 * How far the winner of PER-paper depends on arbitrary choices: weights, and who else is in the set.
 * Deterministic. Source: docs/scores.md, "Robustness card".
 *
 * @param models raw values, at least 3 models, all of them valid
 * @throws {RangeError} below 3 models
 */
export function paperRobustness(models: readonly ValuedModel[]): PaperRobustness {
  if (models.length < 3)
    throw new RangeError(`a robustness card of PER-paper needs at least 3 models, got ${models.length}`);
  const full = paperScores(models);
  const scaled = perPaper(models).rows.flatMap(({ model, factors }) =>
    factors === undefined ? [] : [{ model, factors }],
  );
  return {
    ...sensitivity(models, paperScores, scaled),
    leaveOneOut: models.map(({ model: omitted }, index) => {
      const others = models.toSpliced(index, 1);
      const scores = paperScores(others);
      return { omitted, tauB: kendallTauB(full.toSpliced(index, 1), scores), winners: winners(others, scores) };
    }),
    nadirFlips: nadirFlips(models),
  };
}

/**
 * How far the winner of PER-A hangs on weights and anchors. Who else is in the set doesn't matter to it.
 *
 * @param models raw values in the anchors' units, at least 1
 * @throws {RangeError} without a model, or if anchors are out of range
 */
export function anchoredRobustness(models: readonly ValuedModel[], anchors: Anchors): AnchoredRobustness {
  if (models.length === 0) throw new RangeError('a robustness card needs at least one model');
  const scoresAt =
    (own: Anchors) =>
    (rows: readonly ValuedModel[], weights?: Factors): number[] =>
      rows.map((row) => anchoredScore(row, own, weights));
  const scaled = models.map((row) => ({ model: row.model, factors: anchoredFactors(row, anchors) }));
  return {
    ...sensitivity(models, scoresAt(anchors), scaled),
    anchorWins: winnerShares(
      models,
      anchorLattice(anchors).map((own) => (rows: readonly ValuedModel[]) => scoresAt(own)(rows)),
    ),
  };
}
