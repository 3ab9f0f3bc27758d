import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBurner } from '../../test/setup/burner.ts';
import { fakeProc, processStat } from '../../test/setup/fake-proc.ts';
import { watchOthers } from './others-watch.ts';
import { systemFolders } from './proc-file.ts';
import { linuxSystem } from './systems/linux.ts';

const isLinux = process.platform === 'linux' && linuxSystem().cpuTimes() !== undefined;

type Ticks = readonly [number, number, number, number];

/** Two CPUs on which perbench is process 10, its engine 20, and others are 30 to 33. */
function start(engineIds: readonly number[] = [20]) {
  const { system, write } = fakeProc();
  const set = (busy: number, idle: number, ticks: Readonly<Record<number, Ticks>>): void => {
    write('stat', `cpu0 ${busy} 0 0 ${idle} 0 0 0 0\ncpu1 0 0 0 ${idle} 0 0 0 0\n`);
    for (const [pid, own] of Object.entries(ticks)) {
      write(`${pid}/stat`, processStat(Number(pid), parents[Number(pid)] ?? 1, own, `name-${pid}`));
    }
  };
  set(1_000, 1_000, { 10: [10, 0, 0, 0], 11: [5, 0, 0, 0], 20: [0, 0, 0, 0], 21: [0, 0, 0, 0], 30: [500, 0, 0, 0] });
  const watch = watchOthers({ processIds: engineIds }, { system, ownPid: 10 });
  return { watch, set, write };
}

const parents: Readonly<Record<number, number>> = { 11: 10, 21: 20 };

describe('a watch of other processes', () => {
  it('counts neither perbench, nor the engine, nor the children of both', () => {
    const { watch, set } = start();
    // 100 ticks of work on 200 of time, of which 10 + 5 + 20 + 25 are ours.
    set(1_100, 1_050, { 10: [20, 0, 0, 0], 11: [10, 0, 0, 0], 20: [20, 0, 0, 0], 21: [25, 0, 0, 0] });
    expect(watch.look()).toEqual({ share: 40 / 200, cores: 2 });
  });

  it('keeps what a child of ours used that has ended', () => {
    const { watch, set } = start();
    set(1_100, 1_050, { 10: [10, 0, 100, 0] });
    expect(watch.look()).toEqual({ share: 0, cores: 2 });
  });

  it('looks from one look to the next', () => {
    const { watch, set } = start();
    set(1_100, 1_050, {});
    expect(watch.look()?.share).toBe(0.5);
    set(1_110, 1_145, {});
    expect(watch.look()?.share).toBe(10 / 200);
  });

  it('names the busiest by their commands, those of one name together', () => {
    const { watch, set, write } = start();
    write('31/cmdline', '/usr/bin/ffmpeg\0-i\0secret.mp4\0');
    write('32/cmdline', '/opt/ffmpeg\0');
    // Process 30 was there before; 33 is below what is worth a word; 20 is the engine.
    const ticks = { 31: [20, 10, 0, 0], 32: [30, 0, 0, 0], 33: [1, 0, 0, 0], 20: [80, 0, 0, 0], 30: [510, 0, 900, 0] };
    set(1_200, 1_000, ticks as unknown as Readonly<Record<number, Ticks>>);
    watch.look();
    expect(watch.busiest()).toEqual([
      { name: 'ffmpeg', share: 60 / 200 },
      { name: 'name-30', share: 10 / 200 },
    ]);
  });

  it('does not know where the system does not tell', () => {
    const nowhere = watchOthers({ processIds: [] }, { system: linuxSystem({ ...systemFolders, proc: '/nowhere' }) });
    expect(nowhere.look()).toBeUndefined();
    expect(nowhere.busiest()).toEqual([]);
    // An engine that can't be seen would be taken for somebody else.
    const { watch, set } = start([77]);
    set(1_100, 1_050, {});
    expect(watch.look()).toBeUndefined();
  });
});

describe.skipIf(!isLinux)('on a Linux host', () => {
  /** Stands in for perbench, beside which this test's processes are others. */
  async function idleProcess(): Promise<number> {
    const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void idle.kill('SIGKILL'));
    return idle.pid ?? 0;
  }

  it('sees who is busy', async () => {
    const watch = watchOthers({ processIds: [] }, { ownPid: await idleProcess() });
    // Several, so that they stand out where the machine has other work.
    for (let count = 0; count < 3; count += 1) await startBurner({ name: 'perbench-burner' });
    watch.look();
    await sleep(500);
    expect(watch.look()?.share).toBeGreaterThan(0.05);
    expect(watch.busiest().map(({ name }) => name)).toContain('perbench-burner');
  });

  it('takes a child of its own for itself', async () => {
    const watch = watchOthers({ processIds: [] });
    await startBurner({ name: 'perbench-burner' });
    await sleep(300);
    watch.look();
    expect(watch.busiest().map(({ name }) => name)).not.toContain('perbench-burner');
  });
});
