import { describe, expect, it } from 'vitest';
import { silentServer } from '../../test/setup/server-window.ts';
import type { DeviceReadings, DeviceWindow } from '../core/meter.ts';
import type { ClientWindow } from '../core/load.ts';
import { openWindow } from '../metrics/throughput-window.ts';
import {
  clientWarnings,
  deviceWarnings,
  saturationWarnings,
  serverWindowWarnings,
  windowWarnings,
} from './pass-warnings.ts';
import { arrivals } from './throughput-pass.ts';

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

const gpuWindow = (
  devices: readonly DeviceReadings[],
  more: Partial<DeviceWindow> = {},
): { devices: DeviceWindow } => ({
  devices: { tool: 'nvidia-smi', devices, foreignProcesses: [], gaps: [], ...more },
});

describe('GPUs in a window', () => {
  it('make it doubtful when they were throttled', () => {
    const hot = { throttledShare: 0.5, throttleReasons: ['hardware thermal slowdown'] };
    expect(deviceWarnings(gpuWindow([gpu('GPU-a', hot), gpu('GPU-b', {})]))).toEqual([
      {
        reason: 'throttled',
        detail: 'clocks were lowered: GPU-a in 50 % of the readings (hardware thermal slowdown)',
      },
    ]);
    expect(deviceWarnings(gpuWindow([gpu('GPU-a', { ...hot, isEngines: false })]))).toEqual([]);
    expect(deviceWarnings(gpuWindow([gpu('GPU-a', { ...hot, throttledShare: 0.04 })]))).toEqual([]);
    expect(deviceWarnings(gpuWindow([gpu('GPU-a', { ...hot, throttledShare: undefined })]))).toEqual([]);
  });

  it('make it doubtful when others used them', () => {
    const foreignProcesses = [
      { deviceId: 'GPU-a', pid: 7, name: 'python3', memoryBytes: 3 * 2 ** 30 },
      { deviceId: 'GPU-b', pid: 8, name: 'game', memoryBytes: undefined },
    ];
    const devices = [gpu('GPU-a', {}), gpu('GPU-b', { isEngines: false })];
    expect(deviceWarnings(gpuWindow(devices, { foreignProcesses }))).toEqual([
      { reason: 'foreign_process', detail: 'other processes on the GPU: python3 (process 7, 3.0 GiB) on GPU-a' },
    ]);
  });

  it('say nothing where nobody watches them', () => {
    expect(deviceWarnings({ devices: undefined })).toEqual([]);
  });
});

describe("a server's own metrics", () => {
  it('show that prompts came from its cache', () => {
    const hits = { ...silentServer, cacheHits: 50, cacheQueries: 200 };
    expect(serverWindowWarnings('throughput', hits)).toEqual([
      {
        reason: 'cache_hits',
        detail: "according to the server's metrics, 25 % of the prompt tokens came from its cache",
      },
    ]);
    expect(serverWindowWarnings('latency', { ...silentServer, cacheHits: 50, promptTokens: 100 })[0]?.detail).toContain(
      '50 %',
    );
    // Where no time is measured it may.
    expect(serverWindowWarnings('accuracy', hits)).toEqual([]);
  });

  it('say nothing where they are not told, or there is none', () => {
    expect(serverWindowWarnings('throughput', { ...silentServer, cacheHits: 1, cacheQueries: 200 })).toEqual([]);
    expect(serverWindowWarnings('throughput', { ...silentServer, cacheHits: 5 })).toEqual([]);
    expect(serverWindowWarnings('throughput', undefined)).toEqual([]);
  });
});

const idle: ClientWindow = {
  cpuCores: 0.1,
  processes: undefined,
  busiestCpuCores: undefined,
  streamedTokensPerSecond: undefined,
  eventLoopDelayP99Ms: 0.5,
  latencyP50Ms: 100,
  achievedConcurrency: 16,
  requestsPerSecond: 160,
  retriedRequests: 0,
};
const none = { closedLoop: undefined, ceiling: undefined };

it('finds nothing to say of a client with time to spare', () => {
  expect(
    clientWarnings(idle, {
      closedLoop: { asked: 16, achieved: 15.9 },
      ceiling: { requestsPerSecond: 20_000, streamedTokensPerSecond: 200_000 },
    }),
  ).toEqual([]);
});

it.each([
  [{ ...idle, cpuCores: 0.8 }, none, 'perbench used 80 % of a core'],
  [
    { ...idle, cpuCores: 2.1, processes: 3, busiestCpuCores: 0.75 },
    none,
    'the busiest client process used 75 % of a core',
  ],
  [
    { ...idle, eventLoopDelayP99Ms: 6 },
    none,
    "perbench's event loop lagged by 6.0 ms (p99) while requests took 100.0 ms (p50)",
  ],
  [idle, { ...none, closedLoop: { asked: 16, achieved: 12 } }, '12.0 of 16 requests were in flight on average'],
  [
    idle,
    { ...none, ceiling: { requestsPerSecond: 200, streamedTokensPerSecond: 1 } },
    '160 requests/s of the 200 that perbench can send on this machine',
  ],
  [
    { ...idle, streamedTokensPerSecond: 40_000 },
    { ...none, ceiling: { requestsPerSecond: 20_000, streamedTokensPerSecond: 50_000 } },
    '40000 streamed tokens/s of the 50000 that perbench can read on this machine',
  ],
])('marks a client that came too near', (client, question, detail) => {
  expect(clientWarnings(client, question)).toEqual([{ reason: 'client_bound', detail }]);
});

it('does not take the timer of an idle process for a late loop', () => {
  expect(clientWarnings({ ...idle, eventLoopDelayP99Ms: 1.2, latencyP50Ms: 3 }, none)).toEqual([]);
});

it('doubts that throughput had its peak where the search for a concurrency ended with the most that it tries', () => {
  const said = (asked: 'auto' | number, pass: 'throughput' | 'latency', used: number, most = 512) =>
    saturationWarnings({ pass, concurrency: used, load: undefined }, asked === 'auto' ? most : undefined).map(
      ({ reason }) => reason,
    );
  expect(said('auto', 'throughput', 512)).toEqual(['unsaturated']);
  expect(said('auto', 'throughput', 256)).toEqual([]);
  expect(said('auto', 'throughput', 256, 256)).toEqual(['unsaturated']);
  expect(said('auto', 'latency', 512)).toEqual([]);
  expect(said(512, 'throughput', 512)).toEqual([]);
});

describe('the window of a pass', () => {
  const window = { durationMs: 20_000, items: 48, outputTokens: 1, concurrency: 16 };
  const open = { requestRate: 40, limits: undefined, good: undefined, asked: 800 };

  it('is too short with fewer than three answers for each place, however long it took', () => {
    expect(windowWarnings({ window, load: undefined }, 1000)).toEqual([]);
    expect(windowWarnings({ window: { ...window, items: 47 }, load: undefined }, 1000)).toEqual([
      { reason: 'short_window', detail: '2.9 answers for each of 16 places; 3 are needed' },
    ]);
    expect(windowWarnings({ window: undefined, load: undefined }, 1000)).toEqual([
      { reason: 'short_window', detail: 'there were too few answers for a steady part' },
    ]);
    expect(windowWarnings({ window: undefined, load: undefined }, undefined)).toEqual([]);
  });

  it('of an open loop is too short where it is less than half of what was asked', () => {
    const short = { ...window, durationMs: 9_999, concurrency: 2_000 };
    expect(windowWarnings({ window: short, load: open }, 20_000)).toMatchObject([{ reason: 'short_window' }]);
  });

  it('of an open loop is overloaded where the backlog grows by more than a twentieth, and more than chance gives', () => {
    const reasons = (atStart: number, atEnd: number, came: number) =>
      windowWarnings({ window: { ...window, backlog: { atStart, atEnd, arrivals: came } }, load: open }, 20_000).map(
        ({ reason, detail }) => [reason, detail],
      );
    expect(reasons(200, 400, 400)).toEqual([
      ['overloaded', '200 of the 400 requests of the window were added to the 200 that waited'],
    ]);
    expect(reasons(200, 240, 400)).toEqual([]);
    expect(reasons(200, 241, 400).map(([reason]) => reason)).toEqual(['overloaded']);
    // Two roots of 40,000 are 400, a twentieth is 2,000.
    expect(reasons(0, 2_000, 40_000)).toEqual([]);
    expect(reasons(0, 2_001, 40_000).map(([reason]) => reason)).toEqual(['overloaded']);
    expect(reasons(400, 200, 400)).toEqual([]);
  });

  it('of an open loop is too short where few were answered for each that was in flight, unless the load is why', () => {
    const steady = { atStart: 5, atEnd: 5, arrivals: 400 };
    const of = (items: number, achievedConcurrency: number, backlog = steady) =>
      windowWarnings({ window: { ...window, items, achievedConcurrency, backlog }, load: open }, 20_000);
    expect(of(64, 6.4)).toEqual([]);
    expect(of(64, 8)).toEqual([
      {
        reason: 'short_window',
        detail: '64 answers while 8.0 requests were in flight on average; 10 for each are needed (windowSeconds)',
      },
    ]);
    const queue = of(64, 80, { atStart: 0, atEnd: 200, arrivals: 400 });
    expect(queue.map(({ reason }) => reason)).toEqual(['overloaded']);
  });

  it('of a server asked for 10 % more than it can do is marked, or shows what it can do', () => {
    const [capacity, rate] = [10, 11];
    const wrong = Array.from({ length: 500 }, (_, seed) => seed).filter((seed) => {
      let freeMs = 0;
      const requests = Array.from(arrivals(rate, 60_000, seed), (scheduledMs) => {
        const startedMs = Math.max(freeMs, scheduledMs);
        freeMs = startedMs + 1000 / capacity;
        return { scheduledMs, startedMs, lastTokenMs: freeMs, promptTokens: 1, outputTokens: 1 };
      });
      const found = openWindow(requests, 2000);
      const marks = windowWarnings({ window: found, load: { ...open, requestRate: rate } }, 60_000);
      const shown = (1000 * (found?.items ?? 0)) / (found?.durationMs ?? 1);
      return marks.length === 0 && Math.abs(shown / capacity - 1) > 0.02;
    });
    expect(wrong).toEqual([]);
  });
});
