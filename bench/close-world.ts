import type { RaceValues } from '../src/core/race.ts';
import type { Anchors } from '../src/scoring/anchors.ts';
import { createNormalSource, createRandom, randomOrder } from '../src/stats/random.ts';
import type { SimulatedModel } from '../test/race/drive-race.ts';
import { chancesFor, drawItems } from './race-world.ts';

export const closeAnchors: Anchors = {
  trivialAccuracy: 0,
  throughput: 100,
  latency: 10,
  memory: 2 ** 30,
};

export interface CloseOptions {
  readonly models: number;
  readonly items: number;
  /** Standard deviation of the logarithms of throughput and latency over launches; a sixth of it for memory. */
  readonly launchSpread: number;
  /** Launches that are faster also answer sooner, exactly. */
  readonly isCorrelated: boolean;
  /** True score of the best over that of all others. */
  readonly scoreRatio?: number;
  /** True throughput of the best over that of all others; in place of `scoreRatio`. */
  readonly costRatio?: number;
}

export interface CloseDraw {
  readonly models: readonly SimulatedModel[];
  /** The true best. */
  readonly best: string;
}

/** Speed relative to the anchors at which ln e is this, with as much memory as the anchor. */
function speedFor(efficiency: number): number {
  const factor = Math.sqrt(2 * efficiency);
  return factor / (1 - factor);
}

/**
 * Models that are as hard to tell apart as is asked: their accuracies differ, and their speeds are such that all true
 * scores (or costs) are equal, but for that of the best. Answers correlate as those of real models do.
 */
export function drawClose(options: CloseOptions, seed: number): CloseDraw {
  const { models: count, items: itemCount, launchSpread, isCorrelated, scoreRatio, costRatio } = options;
  const random = createRandom(seed);
  const normal = createNormalSource(random);
  const items = drawItems(itemCount, random);
  const shared = randomOrder(itemCount, random.nextUint32());
  const at = Math.floor(random.nextFloat() * count);
  const models = Array.from({ length: count }, (_, index): SimulatedModel => {
    const chances = chancesFor(0.6 + 0.25 * random.nextFloat(), items);
    const answers = Float64Array.from(chances, (chance) => Number(random.nextFloat() < chance));
    const accuracy = answers.reduce((sum, score) => sum + score, 0) / itemCount;
    const isBest = index === at;
    const speed =
      costRatio === undefined
        ? speedFor((0.08 / accuracy) * (isBest ? (scoreRatio ?? 1) ** 4 : 1))
        : isBest
          ? costRatio
          : 1;
    const order = costRatio === undefined ? shared : randomOrder(itemCount, random.nextUint32());
    const values: RaceValues = { throughput: 100 * speed, latency: 10 / speed, memory: 2 ** 30 };
    return {
      model: `model ${index}`,
      activeBytes: 1e9 / speed,
      memoryFloor: values.memory / 2,
      scores: Array.from(order, (position) => answers[position] ?? 0),
      launch: () => {
        const [first, second, third] = [normal(), normal(), normal()];
        const late = isCorrelated ? -first : second;
        return {
          throughput: values.throughput * Math.exp(launchSpread * first),
          latency: values.latency * Math.exp(launchSpread * late),
          memory: values.memory * Math.exp((launchSpread / 6) * third),
        };
      },
    };
  });
  return { models, best: `model ${at}` };
}
