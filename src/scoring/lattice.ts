import type { Anchors } from './anchors.ts';
import { factorNames, type FactorName, type Factors } from './factor.ts';

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
export function winners(models: readonly ValuedModel[], scores: readonly number[]): string[] {
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
