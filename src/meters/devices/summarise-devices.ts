import type { DeviceReadings, EnergyPart } from '../../core/device-window.ts';
import type { DeviceSample } from './device-sample.ts';
import { integratePower } from './integrate-power.ts';
import { powerCap } from './nvidia-smi.ts';

function known(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const numbers = known(values);
  return numbers.length === 0 ? undefined : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const numbers = known(values);
  return numbers.length === 0 ? undefined : numbers.reduce((most, value) => Math.max(most, value));
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const numbers = known(values);
  return numbers.length === 0 ? undefined : numbers.reduce((least, value) => Math.min(least, value));
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
  if (first.isPartitioned) return { gap: `${first.id}: split into instances (MIG): its power is that of all of them` };
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
    gaps.push(`${sensorless} of ${told.length} GPUs don't tell their power`);
  return { parts, gaps };
}
