import { describe, expect, it } from 'vitest';
import { diagnose, doctorFolder } from '../../../test/setup/doctor-folder.ts';
import { recordedMac, type RecordedMachine, recordedWindows } from '../../../test/setup/recorded-systems.ts';
import type { DoctorOptions } from '../../cli/doctor/doctor-check.ts';
import { hostBusyCheck, memoryCheck, platformCheck, processMemoryCheck } from '../../cli/doctor/machine-checks.ts';
import { localHost } from '../../engines/served/local-host.ts';
import { createHostMeter } from '../host-meter.ts';
import { watchOthers } from '../others-watch.ts';
import { systemOf } from './this-system.ts';

const mebibyte = 2 ** 20;
const noTools = { nvidiaProgram: '/nowhere/smi', amdProgram: '/nowhere/smi' };

/** Two CPUs; a server with a child, somebody else's program, and this process. */
function machineAt(atMs: number): RecordedMachine {
  return {
    cpu: { cores: 2, busyMs: atMs, stealMs: 0, totalMs: atMs * 2 },
    processes: [
      { pid: 77, parentPid: 1, cpuMs: atMs * 0.5, mebibytes: 700, program: '/opt/bin/llama-server' },
      { pid: 78, parentPid: 77, cpuMs: atMs * 0.2, mebibytes: 100, program: 'worker' },
      { pid: 99, parentPid: 1, cpuMs: atMs * 0.25, mebibytes: 50, program: '/usr/bin/ffmpeg' },
      { pid: process.pid, parentPid: 1, cpuMs: atMs * 0.05, mebibytes: 90, program: 'node' },
    ],
  };
}

describe.each([
  ['macOS', recordedMac],
  ['Windows', recordedWindows],
] as const)('on %s, by recorded answers', (name, systemAt) => {
  it('divides the CPU of a window between engine, perbench and others', async () => {
    const machine = machineAt(10_000);
    let nowMs = 0;
    const meter = createHostMeter({ system: systemAt(machine), now: () => nowMs, ownCpuMs: () => nowMs / 20 });
    const window = await meter.start({ processIds: [77] });
    nowMs = 1_000;
    Object.assign(machine, machineAt(11_000));
    expect(await window.stop()).toMatchObject({
      isKnown: true,
      cores: 2,
      engineCpuMs: 700,
      parentCpuMs: 50,
      otherCpuMs: 250,
      otherShare: 0.125,
    });
  });

  it('measures the memory of a server at an address of this machine', async () => {
    const system = systemAt(machineAt(1_000));
    const host = localHost({ baseUrl: 'http://127.0.0.1:8000', weightsBytes: undefined, tools: noTools, system });
    expect(host.processIds).toEqual([77]);
    expect(await host.memory?.()).toMatchObject({ nowBytes: 800 * mebibyte, peakBytes: 800 * mebibyte });
    await host.resetMemoryPeak();
    const { isPeakReset, doubt } = (await host.memory?.()) ?? {};
    expect(isPeakReset).toBe(name === 'macOS');
    expect(doubt).toMatch(/^(ps|PowerShell) does not tell whether the server uses a GPU/);
    expect(doubt?.includes('; macOS does not tell the peak of a process')).toBe(name === 'macOS');
  });

  it('knows what passes requests on to a server elsewhere', async () => {
    const machine = machineAt(1_000);
    const folder = name === 'macOS' ? '/Applications/Docker.app/Contents/MacOS/' : '';
    const [first, ...others] = machine.processes;
    if (first === undefined) throw new Error('no process');
    const forwarder = { ...first, program: `${folder}com.docker.backend${name === 'macOS' ? '' : '.exe'}` };
    const system = systemAt({ ...machine, processes: [forwarder, ...others] });
    const host = localHost({ baseUrl: 'http://127.0.0.1:8000', weightsBytes: undefined, tools: noTools, system });
    expect(host.processIds).toEqual([]);
    expect((await host.memory?.())?.doubt).toMatch(/^com\.docker\.backend forwards requests/);
  });
});

it('does not count the time that a slow look at processes takes', async () => {
  const machine = machineAt(10_000);
  let nowMs = 0;
  const system = recordedWindows(machine);
  const slow = {
    ...system,
    processes: () => {
      nowMs += 600;
      machine.cpu = { ...machine.cpu, busyMs: machine.cpu.busyMs + 500 };
      return system.processes();
    },
  };
  const window = await createHostMeter({ system: slow, now: () => nowMs, ownCpuMs: () => 0 }).start({
    processIds: [77],
  });
  nowMs += 1_000;
  expect(await window.stop()).toMatchObject({ durationMs: 1_000, otherCpuMs: 0 });
});

it('is watched for others where a look is quick, and nowhere else', () => {
  const look = (systemAt: typeof recordedMac) => {
    const machine = machineAt(10_000);
    const watch = watchOthers({ processIds: [77] }, { system: systemAt(machine) });
    Object.assign(machine, machineAt(11_000));
    return [watch.look(), watch.busiest()];
  };
  // perbench's own 50 ms aside.
  expect(look(recordedMac)).toEqual([{ share: 0.125, cores: 2 }, [{ name: 'ffmpeg', share: 0.125 }]]);
  expect(look(recordedWindows)).toEqual([undefined, []]);
});

describe('perbench doctor', () => {
  const options = (given: Partial<DoctorOptions>): DoctorOptions => doctorFolder().options(given);

  it('says what has run where', async () => {
    const told = async (platform: string, architecture: string) =>
      diagnose(platformCheck, options({ platform, architecture }));
    expect(await told('linux', 'x64')).toBe('ok: linux x64');
    expect(await told('linux', 'arm64')).toMatch(/^warn: linux arm64: perbench has never run here -> /);
    expect(await told('darwin', 'arm64')).toMatch(
      /^warn: darwin arm64: .* texts written from documentation only -> .*docs\/platforms\.md/,
    );
    expect(await told('win32', 'x64')).toMatch(/^warn: win32 x64: .* texts written from documentation only -> /);
    expect(await told('freebsd', 'x64')).toMatch(/^warn: freebsd x64: .* no reader of processes/);
  });

  it('tells what each system shows of memory', async () => {
    const mac = options({ system: recordedMac(machineAt(1_000)) });
    expect(await diagnose(processMemoryCheck, mac)).toMatch(/^warn: macOS does not tell the peak .* -> /);
    const windows = options({ system: recordedWindows(machineAt(1_000)) });
    expect(await diagnose(processMemoryCheck, windows)).toMatch(/^warn: peaks cannot be reset.* -> Windows cannot/);
    const none = options({ system: systemOf('freebsd') });
    expect(await diagnose(processMemoryCheck, none)).toMatch(/^fail: freebsd does not show process memory/);
    expect(await diagnose(memoryCheck, none)).toMatch(/available/);
  });

  it('sees without a list of processes how busy the machine is, perbench aside', async () => {
    expect(await diagnose(hostBusyCheck, options({ system: systemOf('freebsd') }))).toMatch(/% of the CPU now/);
  });
});
