import { existsSync } from 'node:fs';
import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { answering } from '../../../test/setup/recorded-systems.ts';
import { readProcessMemory, readProcessTree, resetMemoryPeak } from '../processes.ts';
import { askSystem } from './ask-system.ts';
import { macosSystem } from './macos.ts';

const mebibyte = 2 ** 20;

/** Columns as wide as `ps` makes them; a kernel task that tells nothing, and a process that nobody has waited for. */
const table = `    1     0   4:11.09  14320 /sbin/launchd
  501     1 123:04.56 204800 /Applications/LM Studio.app/Contents/MacOS/LM Studio
  502   501   0:00.03   2048 llama-server
  503   501   0:00.00      0 (sh)
`;

describe('processes by ps', () => {
  const { ask, asked } = answering({ 'ps -A -o pid=': () => table });
  const system = macosSystem(ask);

  it('have parents, CPU time to the hundredth, and names that may hold spaces', () => {
    expect(system.processes()?.map(({ pid, parentPid, name, ownCpuMs }) => [pid, parentPid, name, ownCpuMs])).toEqual([
      [1, 0, 'launchd', 251_090],
      [501, 1, 'LM Studio', 7_384_560],
      [502, 501, 'llama-server', 30],
      [503, 501, '(sh)', 0],
    ]);
    // Whatever the user's language, numbers have a point.
    expect(asked[0]).toBe('/usr/bin/env LC_ALL=C /bin/ps -A -o pid=,ppid=,time=,rss=,comm= -ww');
  });

  it('have resident memory, those that have ended aside', () => {
    expect(readProcessMemory([501], system)).toMatchObject({ nowBytes: 202 * mebibyte, peakBytes: 202 * mebibyte });
    expect(readProcessMemory([503], system)).toBeUndefined();
    expect(readProcessMemory([7], system)).toBeUndefined();
  });
});

it('takes the highest reading for the peak until it is reset, and says so', () => {
  let kibibytes = 1024;
  const system = macosSystem(answering({ 'ps -A -o pid=': () => `7 1 0:01.00 ${kibibytes} node` }).ask);
  const read = () => readProcessMemory([7], system);
  read();
  kibibytes = 9 * 1024;
  read();
  kibibytes = 2 * 1024;
  expect(read()).toEqual({
    nowBytes: 2 * mebibyte,
    peakBytes: 9 * mebibyte,
    doubt: expect.stringMatching(/^macOS does not tell the peak of a process/),
  });
  expect(resetMemoryPeak([7], system)).toBe(true);
  expect(read()).toMatchObject({ peakBytes: 2 * mebibyte });
});

it('asks for one process alone where its CPU time is wanted', () => {
  const { ask } = answering({ 'ps -o time= -p 7': () => '  1:02.50\n' });
  expect(macosSystem(ask).cpuMsOf(7)).toBe(62_500);
  expect(macosSystem(ask).cpuMsOf(8)).toBeUndefined();
});

it('reads times with hours and days, as other versions of ps write them', () => {
  const { ask } = answering({ 'ps -o time=': () => ' 2-03:04:05\n' });
  expect(macosSystem(ask).cpuMsOf(7)).toBe((((2 * 24 + 3) * 60 + 4) * 60 + 5) * 1000);
});

it('finds who listens on a port by lsof', () => {
  const { ask } = answering({ '/usr/sbin/lsof -nP -iTCP:8000 -sTCP:LISTEN -t': () => '501\n502\n501\n' });
  expect(macosSystem(ask).listenersOn(8000)).toEqual([501, 502]);
  // It fails where nobody does.
  expect(macosSystem(ask).listenersOn(8001)).toEqual([]);
});

it('finds who inherited a variable, by its whole value', () => {
  const lines = [
    '  501 vllm serve m PATH=/bin PERBENCH_SERVER=a-1 HOME=/Users/me',
    '  502 python PERBENCH_SERVER=a-1',
    '  503 python PERBENCH_SERVER=a-12 HOME=/Users/me',
    '  504 python NOT_PERBENCH_SERVER=a-1',
  ];
  const { ask } = answering({ 'ps -A -E -ww -o pid=,command=': () => lines.join('\n') });
  expect(macosSystem(ask).havingInherited('PERBENCH_SERVER', 'a-1')).toEqual([501, 502]);
});

it('counts as available what vm_stat shows as free, inactive and read ahead', () => {
  const text = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10000.
Pages active:                            400000.
Pages inactive:                           50000.
Pages speculative:                         4000.
Pages throttled:                              0.
Pages wired down:                        120000.
Pages purgeable:                           1000.
`;
  expect(macosSystem(answering({ vm_stat: () => text }).ask).availableBytes()).toBe(64_000 * 16_384);
  const unclear = answering({ vm_stat: () => 'vm_stat: not permitted\n' }).ask;
  const told = macosSystem(unclear).availableBytes() ?? 0;
  expect(Math.abs(told - freemem())).toBeLessThan(freemem() / 2);
});

it('knows nothing where the programs are missing or write something else', () => {
  // Such as days before hours, as elsewhere, and a comma for a point.
  const odd = [
    'ps: illegal option\n\n',
    '  1 0 0:01,50 99 node\n',
    '  1 0 - 99 node\n',
    '  1 0 0:01.50 - node\n',
    '\0',
  ];
  for (const ask of [answering({}).ask, ...odd.map((text) => answering({ ps: () => text }).ask)]) {
    const system = macosSystem(ask);
    expect(readProcessTree([1], system) ?? []).toEqual([]);
    expect(readProcessMemory([1], system)).toBeUndefined();
    expect(system.havingInherited('A', 'b')).toEqual([]);
    expect(system.cpuMsOf(1)).toBeUndefined();
  }
});

it('reads this machine where its ps takes the same words', ({ skip }) => {
  if (!existsSync('/bin/ps') || !existsSync('/usr/bin/env')) skip('no /bin/ps');
  const system = macosSystem(askSystem);
  expect(readProcessTree([process.pid], system)?.[0]).toMatchObject({ pid: process.pid, parentPid: process.ppid });
  const { nowBytes = 0 } = readProcessMemory([process.pid], system) ?? {};
  expect(nowBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
  expect(system.cpuMsOf(process.pid)).toBeLessThanOrEqual(process.cpuUsage().user / 1000 + 60_000);
});
