import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startBurner } from '../../test/setup/burner.ts';
import { fakeProc, processStat } from '../../test/setup/fake-proc.ts';
import type { HostWindow } from '../core/meter.ts';
import { createHostMeter } from './host-meter.ts';
import { readProcessTree } from './processes.ts';
import { linuxSystem } from './systems/linux.ts';

const isLinux = process.platform === 'linux' && linuxSystem().cpuTimes() !== undefined;

/** CPU time of a process and its descendants so far. */
function burntMs(pid: number): number {
  return (readProcessTree([pid]) ?? []).reduce((sum, stat) => sum + stat.cpuMs, 0);
}

/** A window that ends when the burner has used 400 ms of CPU in it, however long it waits for its turns. */
async function measureWhileBurning(engines: readonly number[], burner: ChildProcess): Promise<HostWindow> {
  const { pid = 0 } = burner;
  const window = await createHostMeter().start({ processIds: engines });
  const enoughMs = burntMs(pid) + 400;
  while (burntMs(pid) < enoughMs) await sleep(20);
  return window.stop();
}

/** Keeps this thread busy until the process has used so much CPU. */
function burnHere(cpuMs: number): void {
  const before = process.cpuUsage();
  for (let used = 0; used < cpuMs * 1_000;) {
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  }
}

describe.skipIf(!isLinux)('on a Linux host', () => {
  it('sees a process that is neither the engine nor perbench', async () => {
    const window = await measureWhileBurning([], await startBurner());
    expect(window.isKnown).toBe(true);
    expect(window.otherShare).toBeGreaterThan(0.05);
    expect(window.otherCpuMs).toBeGreaterThan(300);
    expect(window.engineCpuMs).toBe(0);
  });

  it('counts the engine as the engine', async () => {
    const burner = await startBurner();
    const window = await measureWhileBurning([burner.pid ?? 0], burner);
    expect(window.engineCpuMs).toBeGreaterThan(300);
    // Everything else that is busy here, and not the engine's share on top.
    expect(window.engineCpuMs + window.otherCpuMs).toBeLessThan(window.durationMs * window.cores * 1.05);
  });

  it("counts the engine's children as the engine", async () => {
    const burner = await startBurner({ inChild: true });
    const window = await measureWhileBurning([burner.pid ?? 0], burner);
    expect(window.engineCpuMs).toBeGreaterThan(300);
  });

  it('counts its own work as its own, and sees that the event loop was held up', async () => {
    const window = await createHostMeter().start({ processIds: [] });
    await sleep(50);
    burnHere(400);
    await sleep(50);
    const { parentCpuMs, eventLoopDelayP99Ms } = await window.stop();
    expect(parentCpuMs).toBeGreaterThan(200);
    expect(eventLoopDelayP99Ms).toBeGreaterThan(200);
  });

  it('counts an engine inside this process as perbench itself', async () => {
    const window = await createHostMeter().start({ processIds: [process.pid] });
    burnHere(200);
    expect(await window.stop()).toMatchObject({ engineCpuMs: 0, isKnown: true });
  });

  it('does not know after the engine has died', async () => {
    const burner = await startBurner();
    const window = await createHostMeter().start({ processIds: [burner.pid ?? 0] });
    burner.kill('SIGKILL');
    await once(burner, 'exit');
    expect(await window.stop()).toMatchObject({ isKnown: false, engineCpuMs: 0, otherShare: 0 });
  });
});

describe('on a host of known numbers', () => {
  function measureKnown(
    allowed: string,
    after: { readonly cpu1: string; readonly engine: readonly [number, number, number, number] },
  ) {
    const { system, write } = fakeProc();
    write('self/status', `Name:\tnode\nCpus_allowed_list:\t${allowed}\n`);
    write('stat', 'cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 100 0 0 900 0 0 0 0 0 0\ncpu1 200 0 0 800 0 0 0 0 0 0\nctxt 5\n');
    write('77/stat', processStat(77, 1, [10, 10, 0, 0]));
    write('78/stat', processStat(78, 77, [5, 0, 0, 0]));
    write('99/stat', processStat(99, 1, [1_000, 0, 0, 0]));
    let nowMs = 0;
    let ownMs = 40;
    const meter = createHostMeter({ system, now: () => nowMs, ownCpuMs: () => ownMs });
    return async () => {
      const window = await meter.start({ processIds: [77] });
      nowMs += 1_000;
      ownMs += 20;
      write('stat', `cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 160 0 10 930 0 0 0 0 30 0\ncpu1 ${after.cpu1}\n`);
      write('77/stat', processStat(77, 1, after.engine));
      write('78/stat', processStat(78, 77, [15, 0, 0, 0]));
      return window.stop();
    };
  }

  it('divides busy time between engine, perbench and others; steal is of others', async () => {
    // CPU 0: 60 user + 10 system; CPU 1: 30 user + 5 nice + 5 irq + 10 steal, 40 of waiting for the disk not counted.
    const run = measureKnown('0-1', { cpu1: '230 5 0 810 40 3 2 10 0 0', engine: [50, 20, 0, 0] });
    expect(await run()).toEqual({
      durationMs: 1_000,
      cores: 2,
      engineCpuMs: 600,
      parentCpuMs: 20,
      otherCpuMs: 700 + 500 - 600 - 20,
      stealMs: 100,
      otherShare: 580 / 2_000,
      eventLoopDelayP99Ms: 0,
      isKnown: true,
    });
  });

  it('looks at the CPUs alone that this process may use', async () => {
    const run = measureKnown('0', { cpu1: '230 5 0 810 40 3 2 10 0 0', engine: [40, 10, 0, 0] });
    expect(await run()).toMatchObject({ cores: 1, engineCpuMs: 400, otherCpuMs: 700 - 400 - 20, stealMs: 0 });
  });

  it('is never below zero', async () => {
    const run = measureKnown('0', { cpu1: '200 0 0 800 0 0 0 0 0 0', engine: [90, 10, 0, 0] });
    expect(await run()).toMatchObject({ engineCpuMs: 900, otherCpuMs: 0, otherShare: 0 });
  });

  it('keeps what a child used that ended meanwhile', async () => {
    // 30 ticks of a waited-for child are in the engine's own line now.
    const run = measureKnown('0-1', { cpu1: '200 0 0 800 0 0 0 0 0 0', engine: [10, 10, 20, 10] });
    expect(await run()).toMatchObject({ engineCpuMs: 400 });
  });
});

describe('where the system does not tell', () => {
  it.for([
    ['no /proc', undefined],
    ['a /proc/stat of zeros', 'cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n'],
    ['something else in /proc/stat', 'nothing here\n'],
  ] as const)('says so: %s', async ([, stat]) => {
    const { system, write } = fakeProc();
    if (stat !== undefined) write('stat', stat);
    const window = await createHostMeter({ system }).start({ processIds: [] });
    expect(await window.stop()).toMatchObject({ isKnown: false, otherShare: 0, otherCpuMs: 0 });
  });

  it('says so where the engine may not be looked at', async () => {
    const { system, write } = fakeProc();
    write('stat', 'cpu0 100 0 0 900 0 0 0 0 0 0\n');
    const window = await createHostMeter({ system }).start({ processIds: [77] });
    expect(await window.stop()).toMatchObject({ isKnown: false });
  });
});
