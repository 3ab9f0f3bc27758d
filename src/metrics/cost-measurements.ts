import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { Interval, Measurement } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import {
  launchesIn,
  launchFigures,
  type LaunchFigures,
  loadPass,
  valuesOf,
  mergeWarnings,
  overLaunches,
} from './launches.ts';

type NumberMeasurement = Exclude<Measurement, { readonly status: 'unavailable' }>;

/** What was counted, so that nobody compares a GPU's energy with a whole machine's: `GPU and CPU`. */
function countedParts(passes: readonly PassResult[]): string {
  const labels = { gpu: 'GPU', cpu: 'CPU', memory: 'memory' } as const;
  const kinds = new Set(passes.flatMap(({ host: { energy } }) => energy?.parts.map(({ kind }) => kind) ?? []));
  return Object.entries(labels)
    .filter(([kind]) => kinds.has(kind as keyof typeof labels))
    .map(([, label]) => label)
    .join(' and ');
}

function energyPerItem(passes: readonly PassResult[], joules: readonly number[]): Measurement | undefined {
  const windows = passes.map(({ host }) => host.energy).filter((energy) => energy !== undefined);
  if (windows.length === 0) return undefined;
  const gaps = [...new Set(windows.flatMap(({ gaps: own }) => own))];
  if (gaps.length > 0) return { status: 'unavailable', reason: 'energy_gap', detail: gaps.join('; ') };
  const told = new Set(
    windows.map(({ parts }) =>
      parts
        .map(({ id }) => id)
        .toSorted()
        .join(', '),
    ),
  );
  if (told.size > 1 || windows.length < passes.length) {
    const detail = `launches reported the energy of different parts: ${[...told].join('; ')}`;
    return { status: 'unavailable', reason: 'energy_gap', detail };
  }
  return overLaunches(joules, 'J/item', mergeWarnings(passes));
}

function scaledInterval(interval: Interval | undefined, scale: (bound: number) => number): Interval | undefined {
  if (interval === undefined) return undefined;
  const [low = 0, high = 0] = [scale(interval.low), scale(interval.high)].toSorted((left, right) => left - right);
  return { ...interval, low, high };
}

function derived(
  from: NumberMeasurement,
  to: { readonly unit: NumberMeasurement['unit']; readonly from: string },
  scale: (value: number) => number,
): Measurement {
  const interval = scaledInterval(from.interval, scale);
  const { n, warnings } = from;
  return {
    status: 'derived',
    from: to.from,
    value: scale(from.value),
    unit: to.unit,
    n,
    warnings,
    ...(interval !== undefined && { interval }),
  };
}

function energyPerCorrect(perItem: Measurement, accuracy: Measurement, parts: string): Measurement {
  if (perItem.status === 'unavailable') return perItem;
  if (accuracy.status === 'unavailable') return accuracy;
  if (accuracy.value === 0)
    return { status: 'unavailable', reason: 'no_correct_answers', detail: 'no answer was correct' };
  const { value } = accuracy;
  // The interval is that of energy alone: accuracy's is shown beside it.
  return derived(perItem, { unit: 'J/item', from: `energy of ${parts}, accuracy` }, (joules) => joules / value);
}

function priceOfThousand(rate: Measurement, pricePerHour: number): Measurement {
  if (rate.status === 'unavailable') return rate;
  const to = { unit: 'price/1000 items', from: `throughput, ${pricePerHour} per device and hour` } as const;
  return derived(rate, to, (itemsPerSecond) => (1000 * pricePerHour) / (3600 * itemsPerSecond));
}

/** What prices are made of that no measurement of a cell tells. */
export interface CostFacts {
  /** Answers per second and device, whatever the unit of throughput is. */
  readonly rate: Measurement;
  /** It is that at which requests were sent, in an open loop that a device kept up with. */
  readonly isOffered: boolean;
  /** That one launch takes: so many are bought or rented at once. */
  readonly devices: number;
  /** What the energy was counted of, such as `GPU and CPU`; empty where none was. */
  readonly energyOf: string;
}

/** What the passes of a cell tell of its price. */
export function costFacts(protocol: ProtocolName, passResults: readonly PassResult[]): CostFacts {
  const { passes, figures } = loadsOf(protocol, passResults);
  const isOffered = ({ load, warnings }: PassResult): boolean =>
    load?.requestRate !== undefined && !warnings.some(({ reason }) => reason === 'overloaded');
  return {
    rate: overLaunches(valuesOf(figures, 'itemsPerSecond'), 'items/s', mergeWarnings(passes), passes),
    isOffered: passes.some(isOffered),
    devices: Math.max(1, ...passResults.map(({ devices }) => devices ?? 1)),
    energyOf: countedParts(passes),
  };
}

/** The passes under load, and the figures of their launches. */
function loadsOf(
  protocol: ProtocolName,
  passResults: readonly PassResult[],
): { readonly passes: readonly PassResult[]; readonly figures: readonly LaunchFigures[] } {
  const launches = launchesIn(passResults);
  return {
    passes: launches.map((launch) => loadPass(protocol, launch)).filter((pass) => pass !== undefined),
    figures: launches.map((launch) => launchFigures(protocol, launch)),
  };
}

/**
 * What answers cost: energy where it was measured, money where the suite says what an hour costs. Shown beside the four
 * factors, never part of a score.
 *
 * @param pricePerHour of one device
 */
export function costMeasurements(
  protocol: ProtocolName,
  passResults: readonly PassResult[],
  accuracy: Measurement,
  pricePerHour: number | undefined,
): CellMeasurements {
  const { passes, figures } = loadsOf(protocol, passResults);
  if (passes.length === 0) return {};
  const { rate, energyOf } = costFacts(protocol, passResults);
  const perItem = energyPerItem(passes, valuesOf(figures, 'joulesPerItem'));
  return {
    ...(perItem !== undefined && {
      energyPerItem: perItem,
      energyPerCorrect: energyPerCorrect(perItem, accuracy, energyOf),
    }),
    ...(pricePerHour !== undefined && { pricePerThousand: priceOfThousand(rate, pricePerHour) }),
  };
}
