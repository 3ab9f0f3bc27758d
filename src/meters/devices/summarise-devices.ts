import type { DeviceReadings, EnergyPart, ForeignProcess } from '../../core/meter.ts';
import type { System } from '../systems/system.ts';
import { powerCap } from './nvidia-smi.ts';
import type { DeviceSample, DeviceProcess } from './smi-table.ts';

type Values = readonly (number | undefined)[];

/** Undefined where no value is known. */
function overKnown(values: Values, fold: (left: number, right: number) => number): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce(fold);
}

const largest = (values: Values): number | undefined => overKnown(values, (left, right) => Math.max(left, right));
const smallest = (values: Values): number | undefined => overKnown(values, (left, right) => Math.min(left, right));

function mean(values: Values): number | undefined {
  const sum = overKnown(values, (left, right) => left + right);
  return sum === undefined ? undefined : sum / values.filter((value) => value !== undefined).length;
}

/** A GPU at its power limit runs as it was set to; the limit itself is in the manifest. */
function isSlowing(reason: string): boolean {
  return reason !== powerCap;
}

/** What readings inside a window say of one device. */
export function summariseDevice(
  samples: readonly DeviceSample[],
  isEngines: boolean | undefined,
): DeviceReadings | undefined {
  const newest = samples.at(-1);
  if (newest === undefined) return undefined;
  const told = samples.map(({ throttleReasons }) => throttleReasons).filter((reasons) => reasons !== undefined);
  return {
    id: newest.id,
    name: newest.name,
    readings: samples.length,
    memoryTotalBytes: newest.memoryTotalBytes,
    memoryPeakBytes: largest(samples.map(({ memoryUsedBytes }) => memoryUsedBytes)),
    utilisation: mean(samples.map(({ utilisation }) => utilisation)),
    powerMeanWatts: mean(samples.map(({ powerWatts }) => powerWatts)),
    powerLimitWatts: newest.powerLimitWatts,
    clockMeanMhz: mean(samples.map(({ clockMhz }) => clockMhz)),
    clockLeastMhz: smallest(samples.map(({ clockMhz }) => clockMhz)),
    temperatureMaxCelsius: largest(samples.map(({ temperatureCelsius }) => temperatureCelsius)),
    throttledShare:
      told.length === 0 ? undefined : told.filter((reasons) => reasons.some(isSlowing)).length / told.length,
    throttleReasons: [...new Set(told.flat())],
    isPartitioned: newest.isPartitioned,
    isEngines,
  };
}

/** Energy of one device over a window, or why it isn't known. `samples` may reach beyond the window. */
function deviceEnergy(
  samples: readonly DeviceSample[],
  fromMs: number,
  toMs: number,
): { readonly part: EnergyPart } | { readonly gap: string } | undefined {
  const [first] = samples;
  if (first === undefined) return undefined;
  if (first.isPartitioned)
    return { gap: `${first.id}: split into MIG instances, and its power is that of all of them` };
  const readings = samples.flatMap(({ atMs, powerWatts }) =>
    powerWatts === undefined ? [] : [{ atMs, watts: powerWatts }],
  );
  if (readings.length === 0) return undefined;
  const energy = integratePower(readings, fromMs, toMs);
  if ('gap' in energy) return { gap: `${first.id}: ${energy.gap}` };
  return { part: { id: first.id, kind: 'gpu', joules: energy.joules } };
}

/** Energy of an engine's devices over a window, each with its samples. */
export function enginesEnergy(
  devices: readonly (readonly DeviceSample[])[],
  fromMs: number,
  toMs: number,
): { readonly parts: readonly EnergyPart[]; readonly gaps: string[] } {
  const told = devices.map((samples) => deviceEnergy(samples, fromMs, toMs));
  const gaps = told.flatMap((energy) => (energy !== undefined && 'gap' in energy ? energy.gap : []));
  const parts = told.flatMap((energy) => (energy !== undefined && 'part' in energy ? energy.part : []));
  // Devices without a sensor are no gap, unless others have one: the sum would be of a part of them.
  const sensorless = told.filter((energy) => energy === undefined).length;
  if (sensorless > 0 && sensorless < told.length)
    gaps.push(`${sensorless} of ${told.length} GPUs do not report their power`);
  return { parts, gaps };
}

/** One reading of electric power. */
export interface PowerReading {
  readonly atMs: number;
  readonly watts: number;
}

/** Longest time between readings over which power may be taken to go in a straight line. */
export const longestGapMs = 3_000;

export type IntegratedEnergy = { readonly joules: number } | { readonly gap: string };

function wattsAt(readings: readonly PowerReading[], atMs: number): number | undefined {
  const after = readings.findIndex((reading) => reading.atMs >= atMs);
  const right = readings[after];
  if (right === undefined) return undefined;
  if (right.atMs === atMs || after === 0) return right.watts;
  const left = readings[after - 1];
  if (left === undefined) return undefined;
  return left.watts + ((right.watts - left.watts) * (atMs - left.atMs)) / (right.atMs - left.atMs);
}

/**
 * Energy over a window by trapezoids between readings of power, with straight lines to the window's edges.
 *
 * @param readings ascending in time; those around the window too
 * @returns a gap instead of a number where readings are missing: energy over a hole would be a guess
 */
export function integratePower(readings: readonly PowerReading[], fromMs: number, toMs: number): IntegratedEnergy {
  const inside = readings.filter(({ atMs }) => atMs > fromMs && atMs < toMs);
  const before = readings.findLast(({ atMs }) => atMs <= fromMs);
  const after = readings.find(({ atMs }) => atMs >= toMs);
  // A tool's last reading before the end stands for the rest, if it is recent.
  const first = before ?? inside[0];
  const last = after ?? inside.at(-1) ?? before;
  if (first === undefined || last === undefined) return { gap: 'no power readings in the window' };
  const points: PowerReading[] = [
    { atMs: fromMs, watts: before === undefined ? first.watts : (wattsAt(readings, fromMs) ?? first.watts) },
    ...inside,
    { atMs: toMs, watts: after === undefined ? last.watts : (wattsAt(readings, toMs) ?? last.watts) },
  ];
  const stamps = [before?.atMs ?? fromMs, ...inside.map(({ atMs }) => atMs), after?.atMs ?? toMs];
  for (const [index, atMs] of stamps.slice(1).entries()) {
    const gapMs = atMs - (stamps[index] ?? atMs);
    if (gapMs > longestGapMs) return { gap: `no power reading for ${(gapMs / 1000).toFixed(1)} s` };
  }
  let joules = 0;
  for (const [index, right] of points.slice(1).entries()) {
    const left = points[index] ?? right;
    joules += ((left.watts + right.watts) / 2) * ((right.atMs - left.atMs) / 1000);
  }
  return { joules };
}

export interface SortedProcesses {
  readonly foreign: readonly ForeignProcess[];
  /** Devices on which the engine's own processes were seen. */
  readonly ownDevices: ReadonlySet<string>;
  /** Processes that were seen, whoever's. */
  readonly seen: number;
  /** Why some processes can't be told apart; undefined where all can. */
  readonly gap: string | undefined;
}

/**
 * Tells the engine's processes on the GPUs from others.
 *
 * In a container drivers show the process ids of the host: then neither is certain, and it says so instead of blaming a
 * process that may be the engine.
 *
 * @param own the engine's process ids with their descendants, and perbench's own
 */
export function sortProcesses(
  seen: readonly DeviceProcess[],
  own: ReadonlySet<number>,
  system: System,
): SortedProcesses {
  const newest = new Map(seen.map((each) => [`${each.deviceId} ${each.pid}`, each]));
  const mine = [...newest.values()].filter(({ pid }) => own.has(pid));
  const others = [...newest.values()].filter(({ pid }) => !own.has(pid));
  const shown = new Set(others.length === 0 ? [] : system.processes()?.map(({ pid }) => pid));
  const isOfThisNamespace = (pid: number): boolean => shown.has(pid);
  const strangers = others.filter(({ pid }) => !isOfThisNamespace(pid));
  const areIdsOurs = mine.length > 0 || strangers.length === 0;
  const foreign = areIdsOurs ? others : others.filter(({ pid }) => isOfThisNamespace(pid));
  return {
    foreign: foreign.map(({ deviceId, pid, name, memoryBytes }) => ({ deviceId, pid, name, memoryBytes })),
    seen: newest.size,
    ownDevices: new Set(mine.map(({ deviceId }) => deviceId)),
    gap: areIdsOurs
      ? undefined
      : `the driver reports process ids of another namespace (a container), so ${strangers.length} processes on the GPUs may or may not be the engine's`,
  };
}
