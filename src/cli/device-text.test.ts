import { describe, expect, it } from 'vitest';
import type { PassResult } from '../core/cell.ts';
import type { DeviceReadings, DeviceWindow } from '../core/meter.ts';
import { deviceText, type WatchedPass } from './device-text.ts';

const device: DeviceReadings = {
  id: 'GPU-0a000000-1111-2222-3333-444444444444',
  name: 'NVIDIA A100-SXM4-80GB',
  readings: 40,
  memoryTotalBytes: 80 * 2 ** 30,
  memoryPeakBytes: 75 * 2 ** 30,
  utilisation: 0.968,
  powerMeanWatts: 301.5,
  powerLimitWatts: 400,
  clockMeanMhz: 1395,
  clockLeastMhz: 1380,
  temperatureMaxCelsius: 62,
  throttledShare: 0,
  throttleReasons: ['power cap'],
  isPartitioned: false,
  isEngines: true,
};

function watched(pass: PassResult['pass'], devices: DeviceWindow | undefined): WatchedPass {
  const result = { pass, launch: 1, host: devices === undefined ? {} : { devices } } as unknown as PassResult;
  return { model: 'm', taskId: 'gsm8k/per@1', result };
}

const window = (devices: readonly DeviceReadings[], gaps: readonly string[] = []): DeviceWindow => ({
  tool: 'nvidia-smi',
  devices,
  foreignProcesses: [],
  gaps,
});

describe('GPUs of a run', () => {
  it('are shown with what they did, and with what nobody told', () => {
    const less = { ...device, id: 'GPU-b', powerMeanWatts: undefined, throttledShare: undefined };
    const idle = { ...device, id: 'GPU-idle', isEngines: false };
    const passes = [
      watched('throughput', window([device, less, idle], ['3 lines of nvidia-smi were not recognized'])),
      watched('latency', window([device])),
    ];
    expect(deviceText(passes)).toMatchInlineSnapshot(`
      "model  task         pass          GPU              memory  busy  power     clock  throttled by
      m      gsm8k/per@1  throughput 2  GPU-0a000000…  75.0 GiB  97 %  302 W  1395 MHz  power cap
      m      gsm8k/per@1  throughput 2  GPU-b          75.0 GiB  97 %      –  1395 MHz  –
      not reported: 3 lines of nvidia-smi were not recognized"
    `);
  });

  it('are not mentioned where there are none', () => {
    expect(deviceText([watched('throughput', undefined)])).toBeUndefined();
    expect(deviceText([])).toBeUndefined();
  });
});
