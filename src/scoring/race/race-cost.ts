import type { RaceCost } from '../../core/race.ts';
import type { Entrant } from './entrant.ts';

interface ItemCost {
  /** Device seconds per item; undefined where nothing tells. */
  readonly seconds: number | undefined;
  readonly isEstimated: boolean;
}

function measured({ launches, knownCost }: Entrant): number | undefined {
  const [first] = launches;
  return first === undefined ? knownCost : 1 / first.throughput;
}

/** Measured, or scaled by the size of the weights from the measured model that is nearest in size. */
function itemCost(entrant: Entrant, entrants: readonly Entrant[]): ItemCost {
  const own = measured(entrant);
  if (own !== undefined) return { seconds: own, isEstimated: false };
  const { activeBytes } = entrant;
  if (activeBytes === undefined) return { seconds: undefined, isEstimated: true };
  const distance = (bytes: number): number => Math.abs(Math.log(bytes / activeBytes));
  const [nearest] = entrants
    .flatMap((other) => {
      const seconds = measured(other);
      return seconds === undefined || other.activeBytes === undefined ? [] : [{ seconds, bytes: other.activeBytes }];
    })
    .toSorted((a, b) => distance(a.bytes) - distance(b.bytes));
  return {
    seconds: nearest === undefined ? undefined : (nearest.seconds * activeBytes) / nearest.bytes,
    isEstimated: true,
  };
}

/**
 * What a race used against evaluating every model in full, by the measured time per item.
 *
 * @param items of the benchmark
 * @param launchesOfFull launches that a full run gives each model
 */
export function raceCost(entrants: readonly Entrant[], items: number, launchesOfFull: number): RaceCost {
  const estimatedModels: string[] = [];
  let [asked, deviceSeconds, fullDeviceSeconds, launches] = [0, 0, 0, 0];
  for (const entrant of entrants) {
    const { seconds, isEstimated } = itemCost(entrant, entrants);
    if (isEstimated) estimatedModels.push(entrant.model);
    asked += entrant.scores.length;
    launches += entrant.launches.length;
    deviceSeconds += entrant.scores.length * (seconds ?? 0);
    fullDeviceSeconds += items * (seconds ?? 0);
  }
  return {
    items: asked,
    fullItems: items * entrants.length,
    deviceSeconds,
    fullDeviceSeconds,
    launches,
    fullLaunches: launchesOfFull * entrants.length,
    estimatedModels,
  };
}
