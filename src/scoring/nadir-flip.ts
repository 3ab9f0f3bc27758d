import { factorNames, isLessBetter, type FactorName, type Factors } from './factor.ts';
import type { ValuedModel } from './lattice.ts';
import { perPaper } from './per-paper.ts';

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
