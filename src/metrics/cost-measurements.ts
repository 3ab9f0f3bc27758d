import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { EnergyWindow } from '../core/meter.ts';
import type { Interval, Measurement } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import { launchesIn, launchFigures, loadPass, valuesOf, mergeWarnings, overLaunches } from './launches.ts';

type NumberMeasurement = Exclude<Measurement, { readonly status: 'unavailable' }>;

/** What was counted, so that nobody compares a GPU's energy with a whole machine's: `GPU and CPU`. */
function countedParts(windows: readonly EnergyWindow[]): string {
  const labels = { gpu: 'GPU', cpu: 'CPU', memory: 'memory' } as const;
  const kinds = new Set(windows.flatMap(({ parts }) => parts.map(({ kind }) => kind)));
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

/** Answers per second and device, whatever the unit of throughput is. */
export function answerRate(protocol: ProtocolName, passResults: readonly PassResult[]): Measurement {
  const launches = launchesIn(passResults);
  const passes = launches.map((launch) => loadPass(protocol, launch)).filter((pass) => pass !== undefined);
  const figures = launches.map((launch) => launchFigures(protocol, launch));
  return overLaunches(valuesOf(figures, 'itemsPerSecond'), 'items/s', mergeWarnings(passes), passes);
}

/** Devices that one launch takes: so many are bought or rented at once. */
export function devicesPerLaunch(passResults: readonly PassResult[]): number {
  return Math.max(1, ...passResults.map(({ devices }) => devices ?? 1));
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
  const launches = launchesIn(passResults);
  const passes = launches.map((launch) => loadPass(protocol, launch)).filter((pass) => pass !== undefined);
  if (passes.length === 0) return {};
  const figures = launches.map((launch) => launchFigures(protocol, launch));
  const perItem = energyPerItem(passes, valuesOf(figures, 'joulesPerItem'));
  const parts = countedParts(passes.flatMap(({ host: { energy } }) => energy ?? []));
  return {
    ...(perItem !== undefined && {
      energyPerItem: perItem,
      energyPerCorrect: energyPerCorrect(perItem, accuracy, parts),
    }),
    ...(pricePerHour !== undefined && {
      pricePerThousand: priceOfThousand(answerRate(protocol, passResults), pricePerHour),
    }),
  };
}
