import { freemem } from 'node:os';
import { expect, it } from 'vitest';
import { answering } from '../../../test/setup/recorded-systems.ts';
import { readProcessMemory, readProcessTree, resetMemoryPeak } from '../processes.ts';
import { nodeCpuTimes } from './node-cpu-times.ts';
import { windowsSystem } from './windows.ts';

const mebibyte = 2 ** 20;

/** The idle process, which has no start; a server with its worker; and a process whose parent's number is another's now. */
const rows = [
  [0, 0, 'System Idle Process', 0, 0, 8192, 8, 0],
  [4120, 900, 'llama-server.exe', 1_250_000, 30_000_000, 300 * mebibyte, 512 * 1024, 133_700_000_000_000_000],
  [4300, 4120, 'worker.exe', 0, 5_000_000, 100 * mebibyte, 100 * 1024, 133_700_000_010_000_000],
  [700, 4120, 'explorer.exe', 0, 0, 50 * mebibyte, 50 * 1024, 133_600_000_000_000_000],
].map(
  ([ProcessId, ParentProcessId, Name, KernelModeTime, UserModeTime, WorkingSetSize, PeakWorkingSetSize, Started]) => ({
    ProcessId,
    ParentProcessId,
    Name,
    KernelModeTime,
    UserModeTime,
    WorkingSetSize,
    PeakWorkingSetSize,
    Started,
  }),
);

it('reads processes of Win32_Process: times in 100 ns, working sets in bytes, their peaks in KiB', () => {
  const { ask, asked } = answering({ 'Get-CimInstance Win32_Process': () => JSON.stringify(rows) });
  const system = windowsSystem(ask);
  expect(readProcessTree([4120], system)?.map(({ pid, name, ownCpuMs }) => [pid, name, ownCpuMs])).toEqual([
    [4120, 'llama-server', 3_125],
    // Not explorer, which is older than who has its parent's number.
    [4300, 'worker', 500],
  ]);
  expect(asked[0]).toMatch(/^powershell\.exe -NoProfile -NonInteractive -Command /);
  expect(readProcessMemory([4120], system)).toEqual({ nowBytes: 400 * mebibyte, peakBytes: 612 * mebibyte });
  expect(resetMemoryPeak([4120], system)).toBe(false);
});

it('reads what Windows PowerShell begins with a mark, with lines of Windows', () => {
  const { ask } = answering({ Win32_Process: () => `\uFEFF${JSON.stringify(rows)}\r\n` });
  expect(readProcessTree([4120], windowsSystem(ask))).toHaveLength(2);
});

it('asks the newer PowerShell where Windows PowerShell is missing, and keeps to the one that answers', () => {
  const { ask, asked } = answering({ 'pwsh.exe': () => JSON.stringify(rows) });
  const system = windowsSystem(ask);
  expect(system.processes()).toHaveLength(4);
  system.processes();
  expect(asked.map((command) => command.split(' ')[0])).toEqual(['powershell.exe', 'pwsh.exe', 'pwsh.exe']);
});

it('asks in words without quotation marks, which each program of Windows reads in its own way', () => {
  const { ask, asked } = answering({ Win32_Process: () => '[]' });
  expect(windowsSystem(ask).processes()).toEqual([]);
  expect(asked[0]).not.toContain('"');
});

it('finds who listens on a port, and ends trees of processes, for which there are no signals', () => {
  const { ask, asked } = answering({ '-LocalPort 8000': () => '4120\r\n4120\r\n', taskkill: () => 'SUCCESS' });
  const system = windowsSystem(ask);
  expect(system.listenersOn(8000)).toEqual([4120]);
  expect(system.listenersOn(8001)).toEqual([]);
  system.signalTree(4120, 'SIGTERM');
  expect(asked.at(-1)).toBe('taskkill.exe /PID 4120 /T /F');
});

it('knows nothing where PowerShell is missing or writes something else', () => {
  const odd = [
    '',
    '\uFEFF',
    'Get-CimInstance : Access denied',
    '{"ProcessId":1}',
    '[null, 3, {"ProcessId":"x"}]',
    JSON.stringify(rows).slice(0, -20),
    '#< CLIXML\r\n<Objs Version="1.1.0.1"></Objs>',
  ];
  for (const answer of [undefined, ...odd]) {
    const system = windowsSystem(answering({ Win32_Process: () => answer }).ask);
    expect(readProcessTree([1], system) ?? []).toEqual([]);
    expect(readProcessMemory([1], system)).toBeUndefined();
  }
  const system = windowsSystem(answering({}).ask);
  expect(system.cpuMsOf(1)).toBeUndefined();
  expect(system.havingInherited('A', 'b')).toEqual([]);
  expect(Math.abs((system.availableBytes() ?? 0) - freemem())).toBeLessThan(freemem() / 2);
});

it('sums the times of CPUs as Node has them, interrupts once', () => {
  const cpu = (user: number, idle: number) => ({
    model: 'x',
    speed: 0,
    times: { user, nice: 5, sys: 20, idle, irq: 7 },
  });
  expect(nodeCpuTimes([cpu(100, 900), cpu(50, 950)])).toEqual({ cores: 2, busyMs: 200, stealMs: 0, totalMs: 2_050 });
  expect(nodeCpuTimes([])).toBeUndefined();
  expect(nodeCpuTimes()?.cores).toBeGreaterThan(0);
});
