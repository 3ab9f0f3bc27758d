import type { PassResult } from '../core/cell.ts';
import type { AssumedSpread } from '../core/race.ts';
import type { ProtocolName } from '../core/suite.ts';
import { launchPrior, launchSpread } from '../stats/launch-interval.ts';
import { meanOf } from '../stats/means.ts';
import { isDisturbed, launchesIn, launchFigures, type LaunchFigures, valuesOf } from './launches.ts';

/** Passes of one model in one run, cell by cell: its cells share launches, and with them their luck. */
export interface LaunchedModel {
  readonly protocol: ProtocolName;
  readonly cells: readonly (readonly PassResult[])[];
}

/** How far launches of an engine on a machine differ. */
export interface LaunchHistory {
  /** What may be assumed of the next ones, by what is usual as well. */
  readonly spread: AssumedSpread;
  /** What the launches themselves showed, as standard deviations of the logarithm. */
  readonly measured: { readonly launches: number; readonly throughput: number; readonly latency: number };
}

/** Launches that the assumed spread is worth beside those that were measured. */
const priorDegrees = 4;

const figureOf = { throughput: 'itemsPerSecond', latency: 'latencyP50', memory: 'peakBytes' } as const satisfies Record<
  keyof typeof launchPrior,
  keyof LaunchFigures
>;

interface Squares {
  readonly sum: number;
  /** Launches beyond the first of each model. */
  readonly degrees: number;
  readonly launches: number;
}

/** Squares of a model's launches around their mean, as the mean over its cells. */
function squaresOf({ protocol, cells }: LaunchedModel, name: keyof LaunchFigures): Squares {
  const own = cells.flatMap((passes) => {
    // Launches that asked items of their own differ by those too.
    const sound = launchesIn(passes).filter(
      (launch) => launch.latency?.latencies?.itemIds !== undefined && !isDisturbed(launch),
    );
    const values = valuesOf(
      sound.map((launch) => launchFigures(protocol, launch)),
      name,
    );
    return values.length < 2 ? [] : [launchSpread(values.map((value) => [value]))];
  });
  if (own.length === 0) return { sum: 0, degrees: 0, launches: 0 };
  const launches = Math.min(...own.map((cell) => cell.launches));
  const variance = meanOf(own.map(({ logDeviation = 0 }) => logDeviation ** 2));
  return { sum: variance * (launches - 1), degrees: launches - 1, launches };
}

/**
 * How far launches of an engine on a machine differ: what was measured, pooled over models and runs, with the assumed
 * spread as if it came from a few launches more. Launches of one model share what its tasks measure, so they count once.
 *
 * @returns undefined where no model was launched twice
 */
export function launchHistory(models: readonly LaunchedModel[]): LaunchHistory | undefined {
  const pooled = (name: keyof typeof launchPrior) => {
    const own = models.map((model) => squaresOf(model, figureOf[name]));
    const total = (of: keyof Squares): number => own.reduce((sum, each) => sum + each[of], 0);
    const [sum, degrees] = [total('sum'), total('degrees')];
    return {
      deviation: Math.sqrt((priorDegrees * launchPrior[name] ** 2 + sum) / (priorDegrees + degrees)),
      measured: Math.sqrt(sum / degrees),
      degrees,
      launches: total('launches'),
    };
  };
  const [throughput, latency, memory] = [pooled('throughput'), pooled('latency'), pooled('memory')];
  const degrees = Math.min(throughput.degrees, latency.degrees);
  if (degrees === 0) return undefined;
  const launches = Math.min(throughput.launches, latency.launches);
  return {
    spread: {
      throughput: throughput.deviation,
      latency: latency.deviation,
      memory: memory.deviation,
      degrees: priorDegrees + degrees,
      source: `measured in ${launches} earlier launches`,
    },
    measured: { launches, throughput: throughput.measured, latency: latency.measured },
  };
}
