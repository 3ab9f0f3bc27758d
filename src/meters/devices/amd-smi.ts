import * as z from 'zod';
import { jsonInside } from '../../core/json-inside.ts';
import {
  type DeviceProcess,
  type DeviceSample,
  smiNumber,
  smiRows,
  smiText,
  type SmiRow,
  type SmiTool,
} from './smi-table.ts';

function firstNumber(row: SmiRow, names: readonly string[], unit = ''): number | undefined {
  return names.map((name) => smiNumber(row.get(name), unit)).find((value) => value !== undefined);
}

function amdThrottleReasons(cell: string | undefined): readonly string[] | undefined {
  const text = smiText(cell)?.toUpperCase();
  if (text === 'UNTHROTTLED') return [];
  return text === 'THROTTLED' ? ['throttled'] : undefined;
}

/** @returns undefined for a row that names no GPU */
export function amdSample(row: SmiRow, atMs: number): DeviceSample | undefined {
  const index = smiText(row.get('gpu'));
  if (index === undefined || !/^\d+$/.test(index)) return undefined;
  const usage = smiNumber(row.get('gfx_activity'));
  return {
    atMs,
    id: index,
    index,
    name: undefined,
    // Labelled MB by the tool, but counted in MiB.
    memoryTotalBytes: firstNumber(row, ['total_vram'], 'MiB'),
    memoryUsedBytes: firstNumber(row, ['used_vram'], 'MiB'),
    utilisation: usage === undefined ? undefined : usage / 100,
    powerWatts: firstNumber(row, ['socket_power', 'current_socket_power', 'average_socket_power']),
    powerLimitWatts: undefined,
    clockMhz: firstNumber(row, ['gfx_0_clk', 'gfx_clk']),
    temperatureCelsius: firstNumber(row, ['hotspot', 'edge']),
    throttleReasons: amdThrottleReasons(row.get('throttle_status')),
    isPartitioned: false,
  };
}

/** Whole seconds, or seconds with a fraction, since 1970. */
export function amdTimestampMs(cell: string | undefined): number | undefined {
  const seconds = smiNumber(cell);
  return seconds === undefined ? undefined : seconds * 1000;
}

const amount = z.union([z.object({ value: z.number(), unit: z.string() }), z.number(), z.string()]);
const processInfo = z.object({
  name: z.string().optional(),
  pid: z.number(),
  memory_usage: z.object({ vram_mem: amount }).optional(),
});
// Only the fields that are read: versions differ in the rest.
const processes = z.array(
  z.object({
    gpu: z.number(),
    process_list: z.array(z.object({ process_info: z.union([processInfo, z.string()]) })).optional(),
  }),
);

function amountBytes(given: z.infer<typeof amount> | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number') return given;
  return typeof given === 'string' ? smiNumber(given, 'B') : smiNumber(`${given.value} ${given.unit}`);
}

/**
 * Processes of `amd-smi process --json`.
 *
 * @returns undefined where the text isn't what that command prints
 */
export function amdProcesses(text: string, atMs: number): readonly DeviceProcess[] | undefined {
  const parsed = processes.safeParse(jsonInside(text));
  if (!parsed.success) return undefined;
  return parsed.data.flatMap(({ gpu, process_list = [] }) =>
    process_list.flatMap(({ process_info: info }) =>
      // "No running processes detected" stands where a process would.
      typeof info === 'string'
        ? []
        : [
            {
              atMs,
              deviceId: String(gpu),
              pid: info.pid,
              name: info.name ?? 'unknown',
              // 4096 bytes are what the driver shows for a process that has ended.
              memoryBytes: amountBytes(info.memory_usage?.vram_mem),
            },
          ],
    ),
  );
}

export const amdSmi: SmiTool = {
  name: 'amd-smi',
  // Written in Python, which keeps back what it writes into a pipe.
  environment: { PYTHONUNBUFFERED: '1' },
  // Power, clocks, temperature, usage and memory of every GPU, once a second.
  watchWords: async () => ['metric', '-p', '-c', '-t', '-u', '-m', '-w', '1', '--csv'],
  timestampMs: amdTimestampMs,
  sample: amdSample,
  processWords: ['process', '--json'],
  processes: amdProcesses,
  deviceWords: ['metric', '-m', '--csv'],
  devices: (text) =>
    smiRows(text, 'gpu').map((row) => ({
      name: `AMD GPU ${row.get('gpu') ?? ''}`,
      memoryBytes: smiNumber(row.get('total_vram'), 'MiB'),
      driver: undefined,
      powerLimitWatts: undefined,
    })),
};
