import type { RaceValues } from '../../core/race.ts';
import type { LaunchNoise } from '../required-accuracy.ts';
import type { Entrant } from './entrant.ts';

const valueNames = ['throughput', 'latency', 'memory'] as const satisfies readonly (keyof RaceValues)[];

/** The first launch, which alone decides until the finals. */
export function firstLaunch({ model, launches }: Entrant): RaceValues {
  const [first] = launches;
  if (first === undefined) throw new RangeError(`${model} was not launched`);
  return first;
}

function meanLog(launches: readonly RaceValues[], name: keyof RaceValues): number {
  return launches.reduce((sum, launch) => sum + Math.log(launch[name]), 0) / launches.length;
}

/** Geometric means over all launches. */
export function overAllLaunches({ model, launches }: Entrant): RaceValues {
  if (launches.length === 0) throw new RangeError(`${model} was not launched`);
  const mean = (name: keyof RaceValues): number => Math.exp(meanLog(launches, name));
  return { throughput: mean('throughput'), latency: mean('latency'), memory: mean('memory') };
}

/** Standard deviations of the logarithms between launches, pooled over models, with their degrees of freedom. */
export interface PooledLaunches extends Omit<LaunchNoise, 'quantile'> {
  readonly degrees: number;
}

/**
 * Pools the spread of the finalists' launches.
 *
 * @returns undefined where no model has two launches
 */
export function poolLaunches(finalists: readonly Entrant[]): PooledLaunches | undefined {
  const degrees = finalists.reduce((sum, { launches }) => sum + launches.length - 1, 0);
  if (degrees === 0) return undefined;
  const [throughput = 0, latency = 0, memory = 0] = valueNames.map((name) => {
    const squares = finalists.reduce((sum, { launches }) => {
      const mean = meanLog(launches, name);
      return sum + launches.reduce((inner, launch) => inner + (Math.log(launch[name]) - mean) ** 2, 0);
    }, 0);
    return Math.sqrt(squares / degrees);
  });
  // The fewest launches of anybody: the wider bound.
  const launches = Math.min(...finalists.map((finalist) => finalist.launches.length));
  return { throughput, latency, memory, launches, degrees };
}
