import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { placeFakeSmi } from '../../test/setup/fake-smi.ts';
import { readHostFacts } from './host-facts.ts';
import { memoryLimitBytes } from './host-limits.ts';
import { linuxSystem, parseCpuList } from './systems/linux.ts';
import type { SystemFolders } from './proc-file.ts';

/** A machine made of files: paths from its root. */
function machine(files: Readonly<Record<string, string>>): SystemFolders {
  const root = mkdtempSync(join(tmpdir(), 'perbench-machine-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, proc: join(root, 'proc'), sys: join(root, 'sys') };
}

const meminfo = { 'proc/meminfo': 'MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:    5000 kB\n' };
const available = 5_000 * 1024;

describe('memory limit', () => {
  it('is what the system has available', () => {
    expect(memoryLimitBytes(linuxSystem(machine(meminfo)))).toBe(available);
  });

  it('is what Node says is free where the system says nothing', () => {
    const limit = memoryLimitBytes(linuxSystem(machine({})));
    expect(Math.abs(limit - freemem())).toBeLessThan(freemem() / 2);
  });

  it('is what the tightest control group leaves, given-up file pages added (version 2)', () => {
    const folders = machine({
      ...meminfo,
      'proc/self/cgroup': '0::/outer/inner\n',
      'sys/fs/cgroup/outer/memory.max': '3000000\n',
      'sys/fs/cgroup/outer/memory.current': '1000000\n',
      'sys/fs/cgroup/outer/memory.stat': 'anon 1\ninactive_file 500000\n',
      'sys/fs/cgroup/outer/inner/memory.max': 'max\n',
      'sys/fs/cgroup/outer/inner/memory.current': '900000\n',
    });
    expect(memoryLimitBytes(linuxSystem(folders))).toBe(2_500_000);
  });

  it('is what the control group leaves (version 1)', () => {
    const folders = machine({
      ...meminfo,
      'proc/self/cgroup': '5:cpu,cpuacct:/a\n4:memory:/box\n0::/\n',
      'sys/fs/cgroup/memory/box/memory.limit_in_bytes': '2000000\n',
      'sys/fs/cgroup/memory/box/memory.usage_in_bytes': '1500000\n',
      'sys/fs/cgroup/memory/box/memory.stat': 'inactive_file 7\ntotal_inactive_file 100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '7000000\n',
    });
    expect(memoryLimitBytes(linuxSystem(folders))).toBe(600_000);
  });

  it('is what a container sees of its own group, whatever path the host gave it', () => {
    const folders = machine({
      ...meminfo,
      'proc/self/cgroup': '0::/../../kubepods/pod1\n',
      'sys/fs/cgroup/memory.max': '4000000\n',
      'sys/fs/cgroup/memory.current': '3000000\n',
    });
    expect(memoryLimitBytes(linuxSystem(folders))).toBe(1_000_000);
  });

  it('is never below zero, and no more than the system has', () => {
    const group = { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.current': '3000000\n' };
    expect(
      memoryLimitBytes(linuxSystem(machine({ ...meminfo, ...group, 'sys/fs/cgroup/memory.max': '2000000\n' }))),
    ).toBe(0);
    expect(
      memoryLimitBytes(linuxSystem(machine({ ...meminfo, ...group, 'sys/fs/cgroup/memory.max': '99000000\n' }))),
    ).toBe(available);
  });
});

describe('host facts', () => {
  it('describes this machine', async () => {
    const facts = await readHostFacts();
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.memoryBytes).toBeGreaterThan(2 ** 28);
    expect(facts.cpuModel).not.toBe('');
  });

  it('knows governor, CPU quota and container', async () => {
    const folders = machine({
      'proc/self/cgroup': '0::/box\n',
      'proc/1/cgroup': '0::/kubepods/pod1\n',
      'sys/fs/cgroup/box/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
      'sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'powersave\n',
    });
    const facts = await readHostFacts({ folders, gpuProgram: '/nowhere/nvidia-smi', platform: 'linux' });
    expect(facts).toMatchObject({ governor: 'powersave', isContainer: true, cpuQuotaCores: 1.5, gpus: [] });
  });

  it('knows a quota of control groups version 1, and none where none is', async () => {
    const limited = machine({
      'proc/self/cgroup': '5:cpu,cpuacct:/box\n',
      'sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us': '100000\n',
    });
    expect((await readHostFacts({ folders: limited })).cpuQuotaCores).toBe(0.5);
    const free = machine({
      'proc/self/cgroup': '1:cpu:/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    });
    const facts = await readHostFacts({ folders: free, platform: 'linux' });
    expect(facts.cpuQuotaCores).toBeUndefined();
    expect(facts).toMatchObject({ isContainer: false, governor: undefined });
  });

  it('says nothing of containers where it cannot know', async () => {
    expect((await readHostFacts({ folders: machine({}), platform: 'darwin' })).isContainer).toBeUndefined();
  });
});

describe('GPUs', () => {
  const nowhere = '/nowhere/smi';

  it('are listed by name, whoever made them', async () => {
    const nvidia = placeFakeSmi({ gpus: ['NVIDIA T4, 15360 MiB, 580.95.05, 70.00 W'] });
    const one = await readHostFacts({ gpuProgram: nvidia.program, amdProgram: nowhere });
    expect(one).toMatchObject({ gpus: ['NVIDIA T4'], gpuFacts: [{ driver: '580.95.05', powerLimitWatts: 70 }] });
    const amd = placeFakeSmi({
      kind: 'amd',
      rows: [[0, 97, 700, 'UNTHROTTLED', 2100, 70, 196592, 150000]],
      once: true,
    });
    const other = await readHostFacts({ gpuProgram: nowhere, amdProgram: amd.program });
    expect(other).toMatchObject({ gpus: ['AMD GPU 0'], gpuFacts: [{ memoryBytes: 196592 * 2 ** 20 }] });
  });

  it('are none where the tool fails or is missing', async () => {
    const failing = placeFakeSmi({ refuse: 'NVIDIA-SMI has failed' });
    const facts = await readHostFacts({ gpuProgram: failing.program, amdProgram: nowhere });
    expect(facts.gpus).toEqual([]);
    expect(facts.gpuFacts).toBeUndefined();
  });
});

it('reads lists of CPUs', () => {
  expect(parseCpuList('0-2,5\n')).toEqual(new Set([0, 1, 2, 5]));
  expect(parseCpuList('')).toBeUndefined();
  expect(parseCpuList('0-')).toBeUndefined();
});
