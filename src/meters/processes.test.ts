import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { systemFolders } from './proc-file.ts';
import { readProcessMemory, resetMemoryPeak, readProcessTree } from './processes.ts';
import { linuxSystem } from './systems/linux.ts';

const mebibyte = 2 ** 20;
const isLinux = process.platform === 'linux';

/**
 * A process with a child. The child takes 64 MiB on `take`, gives them back on `free`, and answers each with a line.
 */
async function startPair() {
  const child = `
    let held;
    process.stdin.on('data', (text) => {
      if (String(text).includes('take')) held = Buffer.alloc(64 * 2 ** 20, 1);
      if (String(text).includes('free')) { held = undefined; gc(); }
      setTimeout(() => console.log('ok'), 50);
    });
    console.log('ok');`;
  const parent = `require('node:child_process').spawn(process.execPath, ['--expose-gc', '-e', ${JSON.stringify(child)}], { stdio: 'inherit' });
    setInterval(() => {}, 1000);`;
  const pair = spawn(process.execPath, ['-e', parent], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const pid = pair.pid ?? 0;
  onTestFinished(() => {
    process.kill(-pid, 'SIGKILL');
  });
  await once(pair.stdout, 'data');
  async function tell(word: string): Promise<void> {
    pair.stdin.write(word);
    await once(pair.stdout, 'data');
  }
  return { pid, tell };
}

it.skipIf(!isLinux)('adds up a process and its children, and starts a new peak', async () => {
  const { pid, tell } = await startPair();
  expect(readProcessTree([pid])?.map((stat) => stat.parentPid)).toEqual([process.pid, pid]);
  const before = readProcessMemory([pid]);
  await tell('take');
  const taken = readProcessMemory([pid]);
  expect((taken?.nowBytes ?? 0) - (before?.nowBytes ?? 0)).toBeGreaterThan(60 * mebibyte);
  await tell('free');
  const freed = readProcessMemory([pid]);
  expect((taken?.nowBytes ?? 0) - (freed?.nowBytes ?? 0)).toBeGreaterThan(60 * mebibyte);
  expect((freed?.peakBytes ?? 0) - (freed?.nowBytes ?? 0)).toBeGreaterThan(60 * mebibyte);
  expect(resetMemoryPeak([pid])).toBe(true);
  const reset = readProcessMemory([pid]);
  expect((reset?.peakBytes ?? 0) - (reset?.nowBytes ?? 0)).toBeLessThan(30 * mebibyte);
});

it('knows nothing of a process that is not there', () => {
  const nowhere = linuxSystem({ ...systemFolders, proc: '/nowhere' });
  expect(readProcessMemory([2 ** 30])).toBeUndefined();
  expect(resetMemoryPeak([2 ** 30])).toBe(false);
  expect(readProcessTree([1], nowhere)).toBeUndefined();
  expect(readProcessMemory([1], nowhere)).toBeUndefined();
});
