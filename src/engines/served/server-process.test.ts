import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { childrenOf, until } from '../../../test/e2e/perbench-process.ts';
import { ifTold } from '../../meters/proc-file.ts';
import { ServerProcess } from './server-process.ts';

function keepers(): readonly number[] {
  const commandOf = (pid: number): string => ifTold(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return childrenOf(process.pid).filter((pid) => commandOf(pid).includes('keeper.ts'));
}

it('starts another keeper for one that was killed, and none for a server that has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const server = await ServerProcess.start({
    command: { argv: [process.execPath, '-e', 'setInterval(() => {}, 1000)'], environment: {} },
    logFile: join(folder, 'server.log'),
    apiKey: undefined,
    environment: process.env,
    stopMs: 1_000,
  });
  await until(() => keepers().length === 1, 'the first keeper');
  const [first = 0] = keepers();
  process.kill(first, 'SIGKILL');
  await until(() => keepers().some((pid) => pid !== first), 'another keeper');
  await server[Symbol.asyncDispose]();
  await until(() => keepers().length === 0, 'the end of the keeper');
  expect(server.end).toBe('was killed by SIGTERM');
  // Longer than it takes to start another.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(keepers()).toEqual([]);
});
