import { createRandom, type Random, randomOrder } from '../src/stats/random.ts';
import type { SimulatedModel } from '../test/race/drive-race.ts';

/** A quantisation of the base: which share of its answers differs, and how much less accurate it is. */
export interface Rung {
  readonly model: string;
  readonly flips: number;
  readonly drop: number;
  /** Times as fast as the base. */
  readonly speed: number;
}

/** What quantisations of small models look like: the smaller, the more answers differ. */
export const usualLadder: readonly Rung[] = [
  { model: 'q6', flips: 0.01, drop: 0, speed: 1.3 },
  { model: 'q5', flips: 0.03, drop: 0.002, speed: 1.6 },
  { model: 'q4', flips: 0.07, drop: 0.005, speed: 2 },
  { model: 'q2', flips: 0.15, drop: 0.04, speed: 3 },
];

const baseAccuracy = 0.7;

/** So many -1 and 1 among zeros, which come to the drop exactly; in the order of the benchmark. */
export function differences(items: number, { flips, drop }: Pick<Rung, 'flips' | 'drop'>): readonly number[] {
  const less = Math.round(drop * items);
  const losses = Math.ceil((Math.max(Math.round(flips * items), Math.abs(less)) + less) / 2);
  const gains = losses - less;
  return Array.from({ length: items }, (_, index) => (index < losses ? -1 : index < losses + gains ? 1 : 0));
}

export function shuffled(values: readonly number[], random: Random): readonly number[] {
  return Array.from(randomOrder(values.length, random.nextUint32()), (position) => values[position] ?? 0);
}

/** The base and its rungs: it is right where they lose, and wrong where they gain. */
export function drawLadder(
  rungs: readonly Rung[],
  items: number,
  launchSpread: number,
  seed: number,
): readonly SimulatedModel[] {
  const random = createRandom(seed);
  const base = shuffled(
    Array.from({ length: items }, (_, index) => Number(index < baseAccuracy * items)),
    random,
  );
  const simulated = (model: string, speed: number, scores: readonly number[]): SimulatedModel => ({
    model,
    activeBytes: 1e9 / speed,
    scores,
    launch: () => {
      // A sum of uniform numbers is nearly normal.
      const normal = Array.from({ length: 12 }, () => random.nextFloat()).reduce((sum, each) => sum + each, -6);
      const throughput = 100 * speed * Math.exp(launchSpread * normal);
      return { throughput, latency: 1000 / throughput, memory: 2 ** 30 / speed };
    },
  });
  const [right, wrong] = [1, 0].map((score) => base.flatMap((own, at) => (own === score ? [at] : [])));
  const scoresOf = (rung: Rung): readonly number[] => {
    const changes = differences(items, rung);
    const scores = [...base];
    for (const [score, places] of [
      [0, right],
      [1, wrong],
    ] as const) {
      const count = changes.filter((change) => change === (score === 0 ? -1 : 1)).length;
      for (const at of shuffled(places ?? [], random).slice(0, count)) scores[at] = score;
    }
    return scores;
  };
  return [simulated('q8', 1, base), ...rungs.map((rung) => simulated(rung.model, rung.speed, scoresOf(rung)))];
}
