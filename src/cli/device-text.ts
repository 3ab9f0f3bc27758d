import type { PassResult } from '../core/cell.ts';
import type { DeviceReadings } from '../core/meter.ts';
import { type Cell, missing, numberCell, sizeCell } from '../present/document.ts';
import { plainText } from '../present/sanitise.ts';
import { plainTable } from '../present/terminal.ts';

export interface WatchedPass {
  readonly model: string;
  readonly taskId: string;
  readonly result: PassResult;
}

const shortId = 12;

function wholeCell(value: number | undefined, unit: string, scale = 1): Cell {
  return numberCell(value === undefined ? undefined : value * scale, 0, { after: ` ${unit}` });
}

function deviceRow({ model, taskId, result }: WatchedPass, device: DeviceReadings): readonly Cell[] {
  const { id, memoryPeakBytes, utilisation, powerMeanWatts, clockMeanMhz, throttledShare, throttleReasons } = device;
  const slowed = throttledShare === undefined ? missing : throttleReasons.join(', ');
  return [
    model,
    taskId,
    `${result.pass} ${result.launch + 1}`,
    id.length > shortId ? `${id.slice(0, shortId)}…` : id,
    memoryPeakBytes === undefined ? missing : sizeCell(memoryPeakBytes),
    wholeCell(utilisation, '%', 100),
    wholeCell(powerMeanWatts, 'W'),
    wholeCell(clockMeanMhz, 'MHz'),
    slowed,
  ];
}

/**
 * GPU readings of the passes at full load, a line each, and what the tool didn't report; undefined where none was
 * watched. GPUs known to be unused by the engine are left out.
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
  const heading = ['model', 'task', 'pass', 'GPU', 'memory', 'busy', 'power', 'clock', 'throttled by'];
  return [
    ...(rows.length === 0 ? [] : [plainTable(heading, rows)]),
    ...[...gaps].map((gap) => `not reported: ${plainText(gap)}`),
  ].join('\n');
}
