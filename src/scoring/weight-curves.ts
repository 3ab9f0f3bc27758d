import { accuracyWeightCurve } from './accuracy-weight-curve.ts';
import type { WeightCurve } from './answer.ts';
import { anchoredFactors, equalWeights } from './per-anchored.ts';
import { rawValues, type Scoreboard } from './scoreboard.ts';
import type { Standing, StandingOptions } from './standing.ts';

/** Who wins at which weight: of accuracy on a single task, else of each task against the rest. */
export function weightCurves(
  boards: readonly Scoreboard[],
  shares: readonly number[],
  usable: readonly Standing[],
  { score, weights: factorWeights = equalWeights }: StandingOptions,
): readonly WeightCurve[] {
  const scored = usable.filter((standing) => standing.score !== undefined);
  const [board, ...others] = boards;
  if (board !== undefined && others.length === 0) {
    const { anchors } = board;
    const models = scored.flatMap(({ model, parts: [part] }) => {
      const raw = rawValues(part?.row);
      const factors = score === 'PER-A' ? raw && anchors && anchoredFactors(raw, anchors) : part?.row.factors;
      return factors === undefined ? [] : [{ model, factors }];
    });
    return [{ of: 'accuracy', weight: factorWeights.accuracy, segments: accuracyWeightCurve(models) }];
  }
  return boards.map(({ taskId }, index) => {
    const weight = shares[index] as number;
    const models = scored.map(({ model, taskScores }) => {
      const own = taskScores[index] as number;
      const rest = taskScores.reduce<number>(
        (product, value, other) =>
          other === index ? product : product * (value as number) ** ((shares[other] as number) / (1 - weight)),
        1,
      );
      // The same straight lines: one logarithm at weight 1, another at weight 0.
      return { model, factors: { accuracy: own, throughput: rest, latency: rest, memory: rest } };
    });
    return { of: taskId, weight, segments: accuracyWeightCurve(models) };
  });
}
