import type { PassResult } from '../core/cell.ts';
import type { DeviceReadings } from '../core/device-window.ts';
import { plainText } from '../present/sanitise.ts';
import { sizeText } from '../core/amount-text.ts';
import { textTable } from './text-table.ts';

/** A pass with the cell that it belongs to. */
export interface WatchedPass {
  readonly model: string;
  readonly taskId: string;
  readonly result: PassResult;
}

const shortId = 12;

function number(value: number | undefined, unit: string, scale = 1): string {
  return value === undefined ? '–' : `${(value * scale).toFixed(0)} ${unit}`;
}

function deviceRow({ model, taskId, result }: WatchedPass, device: DeviceReadings): readonly string[] {
  const { id, memoryPeakBytes, utilisation, powerMeanWatts, clockMeanMhz, throttledShare, throttleReasons } = device;
  const slowed = throttledShare === undefined ? '–' : throttleReasons.join(', ');
  return [
    model,
    taskId,
    `${result.pass} ${result.launch + 1}`,
    id.length > shortId ? `${id.slice(0, shortId)}…` : id,
    memoryPeakBytes === undefined ? '–' : sizeText(memoryPeakBytes),
    number(utilisation, '%', 100),
    number(powerMeanWatts, 'W'),
    number(clockMeanMhz, 'MHz'),
    slowed,
  ];
}

/**
 * What GPUs did in the passes at full load, a line each, and what their tool didn't tell; undefined where none was
 * watched. GPUs that the engine didn't use are left out, where that is known.
 */
export function deviceText(passes: readonly WatchedPass[]): string | undefined {
  const watched = passes.filter(({ result }) => result.host.devices !== undefined && result.pass !== 'latency');
  if (watched.length === 0) return undefined;
  const rows = watched.flatMap((pass) =>
    (pass.result.host.devices?.devices ?? [])
      .filter(({ isEngines }) => isEngines !== false)
      .map((device) => deviceRow(pass, device)),
  );
  const gaps = new Set(watched.flatMap(({ result }) => result.host.devices?.gaps ?? []));
  const heading = ['model', 'task', 'pass', 'GPU', 'memory', 'busy', 'power', 'clock', 'slowed by'];
  return [
    ...(rows.length === 0 ? [] : [textTable(heading, rows)]),
    ...[...gaps].map((gap) => `not told: ${plainText(gap)}`),
  ].join('\n');
}
