import type { GpuFacts } from '../../core/manifest.ts';
import {
  type DeviceProcess,
  type DeviceSample,
  smiNumber,
  smiRows,
  smiText,
  type SmiRow,
  type SmiTool,
} from './smi-table.ts';

/** Newer drivers call it event reasons; the older name goes on working in most of them. */
const throttleFields = ['clocks_event_reasons.active', 'clocks_throttle_reasons.active'] as const;

/** What is asked of each GPU; `*` marks what every driver of the last ten years knows. */
const wantedFields = [
  'timestamp',
  'index',
  'uuid',
  'name',
  'memory.total',
  'memory.used',
  'utilization.gpu',
  'power.draw',
  'power.limit',
  'temperature.gpu',
  'clocks.sm',
  ...throttleFields,
  'mig.mode.current',
] as const;

const olderFields: ReadonlySet<string> = new Set(wantedFields.slice(0, 11));

/**
 * Fields that this driver knows, from the text of `nvidia-smi --help-query-gpu`: an unknown one makes the tool refuse the
 * whole query. Without that text, those that all drivers know.
 */
export function nvidiaFields(help: string | undefined): readonly string[] {
  if (help === undefined) return wantedFields.filter((field) => olderFields.has(field));
  const known = new Set([...help.matchAll(/"([\w.]+)"/g)].map(([, name]) => name));
  const throttle = throttleFields.find((field) => known.has(field));
  return wantedFields.filter((field) => {
    if ((throttleFields as readonly string[]).includes(field)) return field === throttle;
    return olderFields.has(field) || known.has(field);
  });
}

/** The name stands last, since it may hold commas. */
const processFields = ['timestamp', 'gpu_uuid', 'pid', 'used_gpu_memory', 'process_name'] as const;

/** The reason that is no fault: the power that the GPU may take is used up. */
export const powerCap = 'power cap';

/** Bits of NVML's clock event reasons that mean that the GPU was kept below its clocks. */
const throttleBits: readonly (readonly [bit: number, reason: string])[] = [
  [0x4, powerCap],
  [0x8, 'hardware slowdown'],
  [0x20, 'software thermal slowdown'],
  [0x40, 'hardware thermal slowdown'],
  [0x80, 'hardware power brake'],
];

/** @returns undefined where the driver doesn't tell; idle, set clocks and display modes are no throttling */
export function nvidiaThrottleReasons(cell: string | undefined): readonly string[] | undefined {
  const text = smiText(cell);
  if (text === undefined || !/^0x[0-9a-f]+$/i.test(text)) return undefined;
  // Reasons fill 64 bits; those that count are in the lowest byte.
  const bits = Number(BigInt(text) & 0xffn);
  return throttleBits.filter(([bit]) => (bits & bit) !== 0).map(([, reason]) => reason);
}

/** `2026/11/24 20:58:54.123`, in the machine's own time zone. */
export function nvidiaTimestampMs(cell: string | undefined): number | undefined {
  const match = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(cell?.trim() ?? '');
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fraction = Number(`0.${match[7] ?? '0'}`);
  return new Date(year, month - 1, day, hour, minute, second).getTime() + fraction * 1000;
}

function shareOf(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : percent / 100;
}

/** @returns undefined for a row that names no GPU */
export function nvidiaSample(row: SmiRow, atMs: number): DeviceSample | undefined {
  const id = smiText(row.get('uuid')) ?? smiText(row.get('index'));
  if (id === undefined) return undefined;
  const throttle = throttleFields.map((field) => row.get(field)).find((cell) => cell !== undefined);
  return {
    atMs,
    id,
    index: smiText(row.get('index')),
    name: smiText(row.get('name')),
    memoryTotalBytes: smiNumber(row.get('memory.total'), 'MiB'),
    memoryUsedBytes: smiNumber(row.get('memory.used'), 'MiB'),
    utilisation: shareOf(smiNumber(row.get('utilization.gpu'))),
    powerWatts: smiNumber(row.get('power.draw')),
    powerLimitWatts: smiNumber(row.get('power.limit')),
    clockMhz: smiNumber(row.get('clocks.sm') ?? row.get('clocks.current.sm')),
    temperatureCelsius: smiNumber(row.get('temperature.gpu')),
    throttleReasons: nvidiaThrottleReasons(throttle),
    isPartitioned: row.get('mig.mode.current') === 'Enabled',
  };
}

function nvidiaProcess(row: SmiRow, atMs: number): DeviceProcess | undefined {
  const pid = smiNumber(row.get('pid'));
  const deviceId = smiText(row.get('gpu_uuid'));
  if (pid === undefined || deviceId === undefined) return undefined;
  return {
    atMs,
    deviceId,
    pid,
    name: smiText(row.get('process_name')) ?? 'unknown',
    memoryBytes: smiNumber(row.get('used_gpu_memory') ?? row.get('used_memory'), 'MiB'),
  };
}

/** Processes of the table that `processWords` ask for. */
export function nvidiaProcesses(text: string, atMs: number): readonly DeviceProcess[] {
  return smiRows(text, 'timestamp', true).flatMap((row) => nvidiaProcess(row, atMs) ?? []);
}

function nvidiaDevice(line: string): GpuFacts {
  const [name, memory, driver, power] = line.split(',');
  return {
    name: smiText(name) ?? 'NVIDIA GPU',
    memoryBytes: smiNumber(memory, 'MiB'),
    driver: smiText(driver),
    powerLimitWatts: smiNumber(power),
  };
}

const readingIntervalMs = 500;

export const nvidiaSmi: SmiTool = {
  name: 'nvidia-smi',
  environment: {},
  async watchWords(ask) {
    const fields = nvidiaFields(await ask(['--help-query-gpu']));
    return [`--query-gpu=${fields.join(',')}`, '--format=csv', '-lms', String(readingIntervalMs)];
  },
  timestampMs: nvidiaTimestampMs,
  sample: nvidiaSample,
  processWords: [`--query-compute-apps=${processFields.join(',')}`, '--format=csv'],
  processes: nvidiaProcesses,
  deviceWords: ['--query-gpu=name,memory.total,driver_version,power.limit', '--format=csv,noheader'],
  devices: (text) =>
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(nvidiaDevice),
};
