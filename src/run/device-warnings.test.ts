import { describe, expect, it } from 'vitest';
import type { DeviceReadings, DeviceWindow } from '../core/device-window.ts';
import { deviceWarnings } from './device-warnings.ts';

function gpu(id: string, change: Partial<DeviceReadings>): DeviceReadings {
  return {
    id,
    name: undefined,
    readings: 10,
    memoryTotalBytes: undefined,
    memoryPeakBytes: undefined,
    utilisation: undefined,
    powerMeanWatts: undefined,
    powerLimitWatts: undefined,
    clockMeanMhz: undefined,
    clockLeastMhz: undefined,
    temperatureMaxCelsius: undefined,
    throttledShare: 0,
    throttleReasons: [],
    isPartitioned: false,
    isEngines: true,
    ...change,
  };
}

const window = (devices: readonly DeviceReadings[], more: Partial<DeviceWindow> = {}): { devices: DeviceWindow } => ({
  devices: { tool: 'nvidia-smi', devices, foreignProcesses: [], gaps: [], ...more },
});

describe('GPUs in a window', () => {
  it('make it doubtful when they were throttled', () => {
    const hot = { throttledShare: 0.5, throttleReasons: ['hardware thermal slowdown'] };
    expect(deviceWarnings(window([gpu('GPU-a', hot), gpu('GPU-b', {})]))).toEqual([
      {
        reason: 'throttled',
        detail: 'clocks were lowered: GPU-a in 50 % of the readings (hardware thermal slowdown)',
      },
    ]);
    expect(deviceWarnings(window([gpu('GPU-a', { ...hot, isEngines: false })]))).toEqual([]);
    expect(deviceWarnings(window([gpu('GPU-a', { ...hot, throttledShare: 0.04 })]))).toEqual([]);
    expect(deviceWarnings(window([gpu('GPU-a', { ...hot, throttledShare: undefined })]))).toEqual([]);
  });

  it('make it doubtful when others used them', () => {
    const foreignProcesses = [
      { deviceId: 'GPU-a', pid: 7, name: 'python3', memoryBytes: 3 * 2 ** 30 },
      { deviceId: 'GPU-b', pid: 8, name: 'game', memoryBytes: undefined },
    ];
    const devices = [gpu('GPU-a', {}), gpu('GPU-b', { isEngines: false })];
    expect(deviceWarnings(window(devices, { foreignProcesses }))).toEqual([
      { reason: 'foreign_process', detail: 'also on the GPU: python3 (process 7, 3.0 GiB) on GPU-a' },
    ]);
  });

  it('say nothing where nobody watches them', () => {
    expect(deviceWarnings({ devices: undefined })).toEqual([]);
  });
});
