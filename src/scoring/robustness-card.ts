import { accuracyWeightCurve, type CurveSegment } from './accuracy-weight-curve.ts';
import type { Anchors } from './anchors.ts';
import { type FactorName, type Factors } from './factor.ts';
import { kendallTauB } from '../stats/kendall-tau.ts';
import {
  anchorLattice,
  weightLattice,
  weightsWithout,
  winners,
  winnerShares,
  type ValuedModel,
  type WinnerShares,
} from './lattice.ts';
import { nadirFlips, type NadirFlip } from './nadir-flip.ts';
import { anchoredFactors, anchoredScore } from './per-anchored.ts';
import { perPaper } from './per-paper.ts';

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
    withoutFactor: {
      accuracy: without('accuracy'),
      throughput: without('throughput'),
      latency: without('latency'),
      memory: without('memory'),
    },
  };
}

function paperScores(models: readonly ValuedModel[], weights?: Factors): number[] {
  return perPaper(models, weights && { weights }).rows.map(({ score }) => score ?? 0);
}

/**
 * How far the winner of PER-paper hangs on choices that nobody can justify: weights, and who else is in the set.
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
