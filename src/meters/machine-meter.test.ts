import { execFile } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HostWindow, WatchedEngine } from '../core/meter.ts';
import { type FakeSmi, placeFakeSmi } from '../../test/setup/fake-smi.ts';
import { createDeviceMeter, type DeviceMeter, type DeviceMeterOptions } from './devices/device-meter.ts';
import { deviceWarnings } from '../run/pass-warnings.ts';
import { createMachineMeter } from './machine-meter.ts';

const nowhere = '/nowhere/smi';

function row(id: string, power: string, throttle = '0x0', index = 0): readonly (string | number)[] {
  return [
    index,
    id,
    'NVIDIA A10',
    '23028 MiB',
    '9000 MiB',
    '80 %',
    power,
    '150.00 W',
    60,
    '1500 MHz',
    throttle,
    'Disabled',
  ];
}

/** A clock that moves only when the test says so, and is looked at for every reading of a tool. */
class Clock {
  nowMs = 1_764_000_000_000;
  #looks = 0;

  readonly now = (): number => {
    this.#looks += 1;
    return this.nowMs;
  };

  /** Until so many more readings have come. */
  async readings(n: number): Promise<void> {
    for (const enough = this.#looks + n; this.#looks < enough;) await nextTurn();
  }

  /** A second in which readings come. */
  async second(): Promise<void> {
    for (let quarter = 0; quarter < 4; quarter += 1) {
      this.nowMs += 250;
      await this.readings(2);
    }
  }
}

function createDevices(clock: Clock, options: DeviceMeterOptions): DeviceMeter {
  const devices = createDeviceMeter({ nvidiaProgram: nowhere, amdProgram: nowhere, now: clock.now, ...options });
  onTestFinished(() => devices[Symbol.asyncDispose]());
  return devices;
}

async function watch(
  options: DeviceMeterOptions,
  engine: WatchedEngine = { processIds: [process.pid] },
  during: (clock: Clock) => Promise<void> = (clock) => clock.second(),
): Promise<HostWindow> {
  const clock = new Clock();
  const devices = createDevices(clock, options);
  const window = await createMachineMeter({ devices, rapl: noRapl, host: { now: clock.now } }).start(engine);
  await during(clock);
  return window.stop();
}

const nothing = async (): Promise<void> => {};
const noRapl = { domains: [], problem: undefined, start: () => ({ stop: () => [] }) };
// A time that nobody believes: readings are those of the moment at which they come.
const nvidia = (settings: Parameters<typeof placeFakeSmi>[0]): FakeSmi => placeFakeSmi({ atMs: 0, ...settings });

describe('a machine with a GPU', () => {
  it('has power, clocks, memory, and energy', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')] });
    const { devices, energy } = await watch({ nvidiaProgram: smi.program });
    expect(devices?.tool).toBe('nvidia-smi');
    expect(devices?.gaps).toEqual([]);
    expect(devices?.devices).toMatchObject([
      { id: 'GPU-a', powerMeanWatts: 100, memoryPeakBytes: 9000 * 2 ** 20, throttledShare: 0, isEngines: undefined },
    ]);
    expect(devices?.devices[0]?.readings).toBeGreaterThan(2);
    expect(energy?.gaps).toEqual([]);
    expect(energy?.durationMs).toBe(1_000);
    expect(energy?.parts[0]?.joules).toBeCloseTo(100, 9);
  });

  it('tells the time of its readings, which is believed where it is near', async () => {
    const { nowMs } = new Clock();
    const rows = [row('GPU-a', '100.00 W')];
    const stale = nvidia({ rows, atMs: nowMs - 4_000 });
    const { devices } = await watch({ nvidiaProgram: stale.program });
    expect(devices?.gaps).toEqual(['nvidia-smi gave no readings in the window']);
    const wrong = nvidia({ rows, atMs: nowMs - 60_000 });
    expect((await watch({ nvidiaProgram: wrong.program })).devices?.gaps).toEqual([]);
  });

  it('is watched by one long-lived process, over many windows', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')] });
    const clock = new Clock();
    const devices = createDevices(clock, { nvidiaProgram: smi.program });
    for (let round = 0; round < 3; round += 1) {
      const window = await devices.start({ processIds: [] });
      await clock.second();
      expect((await window.stop()).window?.devices).toHaveLength(1);
    }
    expect(smi.calls().filter((words) => words.startsWith('--query-gpu='))).toHaveLength(1);
  });

  it('may be throttled', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '149.00 W', '0x0000000000000024')] });
    const { devices } = await watch({ nvidiaProgram: smi.program });
    expect(devices?.devices).toMatchObject([
      { throttledShare: 1, throttleReasons: ['power cap', 'software thermal slowdown'] },
    ]);
  });

  it('may run a process of somebody else, beside the engine', async () => {
    const engine = execFile(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void engine.kill('SIGKILL'));
    const pid = engine.pid ?? 0;
    const smi = nvidia({
      rows: [row('GPU-a', '100.00 W'), row('GPU-b', '50.00 W')],
      processes: [
        ['GPU-a', pid, '8000 MiB', 'engine'],
        ['GPU-a', 1, '900 MiB', 'somebody'],
      ],
    });
    const { devices, energy } = await watch({ nvidiaProgram: smi.program }, { processIds: [pid] });
    expect(devices?.foreignProcesses).toEqual([
      { deviceId: 'GPU-a', pid: 1, name: 'somebody', memoryBytes: 900 * 2 ** 20 },
    ]);
    // The other GPU idles for nobody: its power is not the engine's.
    expect(devices?.devices.map(({ id, isEngines }) => [id, isEngines])).toEqual([
      ['GPU-a', true],
      ['GPU-b', false],
    ]);
    expect(energy?.parts.map(({ id }) => id)).toEqual(['GPU-a']);
  });

  it("in a container can't tell whose processes they are, and says so", async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')], processes: [['GPU-a', 4_000_000, '1 MiB', 'engine?']] });
    const { devices } = await watch({ nvidiaProgram: smi.program });
    expect(devices?.foreignProcesses).toEqual([]);
    expect(devices?.gaps.join()).toContain('process ids of another namespace');
  });
});

describe('GPUs that the engine is not on', () => {
  const rows = [row('GPU-a', '100.00 W', '0x40', 0), row('GPU-b', '50.00 W', '0x0', 1)];
  const training = ['GPU-a', 1, '900 MiB', 'train.py, rank 0'];
  const own = { processIds: [process.pid] };
  const partIds = ({ energy }: HostWindow): readonly string[] | undefined => energy?.parts.map(({ id }) => id);

  it('are not watched for an engine on another machine', async () => {
    const smi = nvidia({ rows });
    const window = await watch({ nvidiaProgram: smi.program }, { processIds: [] }, nothing);
    expect(window.devices).toBeUndefined();
    expect(window.energy).toBeUndefined();
    expect(smi.calls().join('')).toBe('');
  });

  it('cost it nothing where it computes on the CPU', async () => {
    const smi = nvidia({ rows, processes: [training] });
    const window = await watch({ nvidiaProgram: smi.program }, { ...own, gpus: [] });
    expect(window.devices?.devices.map(({ isEngines }) => isEngines)).toEqual([false, false]);
    expect(window.energy).toBeUndefined();
    expect(deviceWarnings(window)).toEqual([]);
  });

  it('cost it nothing where processes are shown, none of them its own', async () => {
    const smi = nvidia({ rows, processes: [training] });
    const window = await watch({ nvidiaProgram: smi.program }, own);
    expect(window.devices?.foreignProcesses).toMatchObject([{ name: 'train.py, rank 0' }]);
    expect(window.energy).toBeUndefined();
    expect(deviceWarnings(window)).toEqual([]);
  });

  it('are those that it was not given', async () => {
    const smi = nvidia({ rows });
    expect(partIds(await watch({ nvidiaProgram: smi.program }, { ...own, gpus: ['1'] }))).toEqual(['GPU-b']);
    expect(partIds(await watch({ nvidiaProgram: smi.program }, { ...own, gpus: ['GPU-a'] }))).toEqual(['GPU-a']);
  });

  it('leave a gap where nobody can tell which they are', async () => {
    const { energy } = await watch({ nvidiaProgram: nvidia({ rows }).program }, own);
    expect(energy?.gaps).toEqual(['unknown which of 2 GPUs the engine runs on']);
  });

  it('leave a gap where some of them tell their power and others do not', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W', '0x0', 0), row('GPU-b', '[N/A]', '0x0', 1)] });
    const { energy } = await watch({ nvidiaProgram: smi.program }, { ...own, gpus: ['0', '1'] });
    expect(energy?.gaps).toEqual(['1 of 2 GPUs do not report their power']);
  });

  it('are not shared with an engine of before, which has ended', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')], processes: [['GPU-a', 4_000_000, '1 MiB', 'before']] });
    const clock = new Clock();
    const devices = createDevices(clock, { nvidiaProgram: smi.program });
    await (await devices.start(own)).stop();
    smi.change({ rows: [row('GPU-a', '100.00 W')], processes: [['GPU-a', process.pid, '1 MiB', 'now']] });
    await clock.second();
    const next = await devices.start(own);
    await clock.second();
    expect((await next.stop()).window).toMatchObject({ foreignProcesses: [], gaps: [] });
  });
});

describe('a tool that goes wrong', () => {
  it('may die: its energy has a gap, and the next window starts it again', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')], faults: { endAfter: 3 } });
    const clock = new Clock();
    const devices = createDevices(clock, { nvidiaProgram: smi.program });
    const window = await devices.start({ processIds: [] });
    // A second window tells when the end was noticed; the first one keeps the tool from being started again.
    const gaps = async () => (await (await devices.start({ processIds: [] })).stop()).window?.gaps.join() ?? '';
    while (!(await gaps()).includes('ended')) await nextTurn();
    const { window: found } = await window.stop();
    expect(found?.gaps.join()).toMatch(/ended with code 15: Unable to determine the device handle/);
    smi.change({ rows: [row('GPU-a', '70.00 W')] });
    const next = await devices.start({ processIds: [] });
    await clock.second();
    const { window: again } = await next.stop();
    expect(again).toMatchObject({ gaps: [], devices: [{ powerMeanWatts: 70 }] });
  });

  it('may hang: the pass goes on without it', async () => {
    const smi = nvidia({ faults: { hang: true } });
    let nowMs = 0;
    const options = { nvidiaProgram: smi.program, firstReadingMs: 300, now: () => (nowMs += 100) };
    const { devices, energy } = await watch(options, undefined, nothing);
    expect(devices?.devices).toEqual([]);
    expect(devices?.gaps).toContain('nvidia-smi gave no readings in the window');
    expect(energy).toMatchObject({ parts: [], gaps: ['nvidia-smi gave no readings in the window'] });
  });

  it('may hang: the next window starts it again', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')], everyMs: 60_000 });
    const clock = new Clock();
    const devices = createDevices(clock, { nvidiaProgram: smi.program });
    await (await devices.start({ processIds: [process.pid] })).stop();
    clock.nowMs += 4_000;
    await (await devices.start({ processIds: [process.pid] })).stop();
    expect(smi.calls().filter((words) => words.startsWith('--query-gpu='))).toHaveLength(2);
  });

  it('may fall silent in the middle: energy over the hole is not guessed', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')], everyMs: 60_000 });
    const { devices, energy } = await watch({ nvidiaProgram: smi.program }, undefined, async (clock) => {
      clock.nowMs += 4_500;
    });
    expect(energy).toMatchObject({ parts: [], gaps: ['GPU-a: no power reading for 4.5 s'] });
    expect(devices?.gaps).toEqual(['nvidia-smi gave no readings for 4.5 s']);
  });

  it('may write what nobody understands', async () => {
    const smi = nvidia({ rows: [row('GPU-a', '100.00 W')], faults: { garbageEvery: 2 } });
    const { devices } = await watch({ nvidiaProgram: smi.program });
    expect(devices?.gaps.join()).toMatch(/^\d+ lines of nvidia-smi were not recognized$/);
    expect(devices?.devices).toHaveLength(1);
  });

  it('may refuse', async () => {
    const smi = nvidia({ refuse: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver." });
    const { devices } = await watch({ nvidiaProgram: smi.program }, undefined, nothing);
    expect(devices?.gaps.join()).toContain("couldn't communicate with the NVIDIA driver");
  });
});

describe('other machines', () => {
  it('may have GPUs of AMD', async () => {
    const smi = placeFakeSmi({
      kind: 'amd',
      atMs: 0,
      rows: [[0, 97, 700, 'THROTTLED', 2100, 70, 196592, 150000]],
      processes: [
        {
          gpu: 0,
          process_list: [
            { process_info: { pid: process.pid, name: 'x', memory_usage: { vram_mem: { value: 5, unit: 'B' } } } },
          ],
        },
      ],
    });
    const { devices, energy } = await watch({ amdProgram: smi.program });
    expect(devices).toMatchObject({
      tool: 'amd-smi',
      devices: [{ id: '0', powerMeanWatts: 700, throttleReasons: ['throttled'], isEngines: true }],
    });
    expect(energy?.parts).toMatchObject([{ id: '0', kind: 'gpu' }]);
  });

  it('find the tool in the PATH that they are given', async () => {
    const smi = placeFakeSmi({ kind: 'amd', atMs: 0, rows: [[0, 97, 700, 'UNTHROTTLED', 2100, 70, 196592, 150000]] });
    const clock = new Clock();
    const environment = { PATH: `${smi.folder}:/usr/bin:/bin` };
    const devices = createDevices(clock, { nvidiaProgram: 'nvidia-smi', amdProgram: 'amd-smi', environment });
    const window = await devices.start({ processIds: [] });
    await clock.second();
    expect((await window.stop()).window).toMatchObject({ tool: 'amd-smi', devices: [{ powerMeanWatts: 700 }] });
  });

  it('have no GPU: windows say nothing of one', async () => {
    const window = await watch({}, undefined, nothing);
    expect(window.devices).toBeUndefined();
    expect(window.energy).toBeUndefined();
  });
});
