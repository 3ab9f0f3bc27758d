import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { answering } from '../../../test/setup/recorded-systems.ts';
import { macosSystem } from '../../meters/systems/macos.ts';
import { windowsSystem } from '../../meters/systems/windows.ts';
import { signalServer } from './marked-processes.ts';

it('ends on macOS whatever carries the mark, also what left the group', async () => {
  const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  onTestFinished(() => void stray.kill('SIGKILL'));
  await once(stray, 'spawn');
  const { ask } = answering({ 'ps -A -E': () => `${stray.pid} node PERBENCH_SERVER=mark-1\n` });
  const ended = once(stray, 'exit');
  signalServer(2 ** 30, 'mark-2', 'SIGTERM', macosSystem(ask));
  expect(stray.signalCode).toBeNull();
  signalServer(2 ** 30, 'mark-1', 'SIGTERM', macosSystem(ask));
  expect(await ended).toEqual([null, 'SIGTERM']);
});

it('ends on Windows the tree of the server by taskkill', () => {
  const { ask, asked } = answering({ taskkill: () => 'SUCCESS' });
  signalServer(4120, 'mark', 'SIGTERM', windowsSystem(ask));
  expect(asked).toEqual(['taskkill.exe /PID 4120 /T /F']);
});
