/** Worlds whose truth is known: models with one score, answers to the same items, launches that differ, a host that drifts. */
import type { Anchors } from '../src/scoring/anchors.ts';
import type { BootstrapModel, LaunchPerformance } from '../src/scoring/bootstrap.ts';
import { anchoredScore } from '../src/scoring/per-anchored.ts';
import { normalQuantile } from '../src/stats/distributions.ts';
import { createNormalSource, createRandom, type Random } from '../src/stats/random.ts';

export const anchors: Anchors = { trivialAccuracy: 0.25, throughput: 10, latency: 100, memory: 2 ** 30 };

/** What launches of a model differ by. */
export interface LaunchWorld {
  readonly launches: number;
  /** Standard deviation of the logarithm of speed, latency and memory. */
  readonly deviation: number;
  /** A lucky launch is lucky in all three. */
  readonly isCorrelated: boolean;
  /** How far the host's speed wanders over a run, as a standard deviation of the logarithm at its end. */
  readonly drift: number;
  /** Launch 1 of every model, then launch 2 of every model in the opposite order, and so on; else one model after the other. */
  readonly isInRounds: boolean;
  /** The host changes between rounds alone: all models of a round find it alike. */
  readonly isSteadyInRounds?: boolean;
}

export const steadyWorld: LaunchWorld = {
  launches: 3,
  deviation: 0.02,
  isCorrelated: false,
  drift: 0,
  isInRounds: false,
};

export interface Truth {
  readonly accuracy: number;
  readonly speed: number;
  readonly score: number;
}

const memory = 2 ** 30;

function scoreOf(accuracy: number, speed: number): number {
  return anchoredScore({ accuracy, throughput: speed, latency: 1000 / speed, memory }, anchors);
}

/** A model with a given accuracy whose speed makes up for it. */
export function tiedAt(accuracy: number, score = 0.45): Truth {
  let [low, high] = [1e-6, 1e9];
  for (let step = 0; step < 200; step += 1) {
    const middle = Math.sqrt(low * high);
    if (scoreOf(accuracy, middle) < score) low = middle;
    else high = middle;
  }
  return { accuracy, speed: high, score };
}

/** Models of very different accuracy and speed, and one score. */
export function tiedModels(count: number, random: Random): readonly Truth[] {
  return Array.from({ length: count }, () => tiedAt(0.55 + 0.35 * random.nextFloat()));
}

/** Answers to the same items: easy ones are easy for all. */
export function answersOf(
  accuracies: readonly number[],
  items: number,
  normal: () => number,
  rho = Math.sqrt(0.5),
): readonly Float64Array[] {
  const difficulties = Float64Array.from({ length: items }, normal);
  return accuracies.map((accuracy) => {
    if (accuracy >= 1) return new Float64Array(items).fill(1);
    const threshold = normalQuantile(accuracy);
    return difficulties.map((difficulty) => Number(rho * difficulty + Math.sqrt(1 - rho * rho) * normal() < threshold));
  });
}

/** Launches of every model, as the host was when each of them ran. */
export function launchesOf(
  speeds: readonly number[],
  { launches, deviation, isCorrelated, drift, isInRounds, isSteadyInRounds = false }: LaunchWorld,
  normal: () => number,
): readonly (readonly LaunchPerformance[])[] {
  const slots = speeds.length * launches;
  const step = drift / Math.sqrt(slots);
  let walk = 0;
  const host = Array.from({ length: slots }, () => (walk += step * normal()));
  return speeds.map((speed, model) =>
    Array.from({ length: launches }, (_, launch) => {
      // The order of the models alternates from round to round.
      const place = launch % 2 === 0 ? model : speeds.length - 1 - model;
      const slot = isInRounds ? launch * speeds.length + place : model * launches + launch;
      const at = host[isSteadyInRounds ? launch * speeds.length : slot] as number;
      const luck = normal();
      const [forLatency, forMemory] = isCorrelated ? [luck, luck] : [normal(), normal()];
      return {
        throughput: speed * Math.exp(at + deviation * luck),
        latency: (1000 / speed) * Math.exp(-at - deviation * forLatency),
        memory: memory * Math.exp(-deviation * forMemory),
      };
    }),
  );
}

export interface DrawnWorld {
  readonly truth: readonly Truth[];
  readonly models: readonly BootstrapModel[];
}

export function drawWorld(truth: readonly Truth[], items: number, world: LaunchWorld, random: Random): DrawnWorld {
  const normal = createNormalSource(random);
  const answers = answersOf(
    truth.map(({ accuracy }) => accuracy),
    items,
    normal,
  );
  const launches = launchesOf(
    truth.map(({ speed }) => speed),
    world,
    normal,
  );
  const models = truth.map((_, model) => ({
    model: `m${model}`,
    scores: answers[model] as Float64Array,
    launches: launches[model] as readonly LaunchPerformance[],
  }));
  return { truth, models };
}

/** A generator of its own for each run of each world. */
export function randomOf(seed: number, ...purpose: readonly (string | number)[]): Random {
  let state = seed >>> 0;
  for (const character of purpose.join(' ')) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0;
  return createRandom(state);
}
