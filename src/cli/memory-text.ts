import type { DeviceMemory } from '../core/meter.ts';
import { type Cell, sizeCell } from '../present/document.ts';
import { plainTable } from '../present/terminal.ts';
import type { WatchedPass } from './device-text.ts';

function memoryRow({ model, taskId, result }: WatchedPass, device: DeviceMemory): readonly Cell[] {
  const { name, description, peakBytes, totalBytes, split } = device;
  const { weightsBytes, kvBytes, computeBytes, overheadBytes } = split;
  return [
    model,
    taskId,
    `${result.pass} ${result.launch + 1}`,
    `${name} ${description}`,
    ...[peakBytes, totalBytes, weightsBytes, kvBytes, computeBytes, overheadBytes].map((bytes) => sizeCell(bytes)),
  ];
}

/** What models in process took of each GPU, a line for each pass; undefined where none was on one. */
export function memoryText(passes: readonly WatchedPass[]): string | undefined {
  const rows = passes.flatMap((pass) => (pass.result.memory?.devices ?? []).map((device) => memoryRow(pass, device)));
  if (rows.length === 0) return undefined;
  const heading = ['model', 'task', 'pass', 'GPU', 'memory', 'of', 'weights', 'KV cache', 'compute', 'other'];
  return plainTable(heading, rows);
}
