import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { EnvironmentError } from '../core/errors.ts';
import { lockTarget } from './file-lock.ts';

const modulePath = join(import.meta.dirname, 'file-lock.ts');

describe('lockTarget', () => {
  it('lets one in at a time, and different targets at once', async () => {
    await using folder = await testFolder();
    const order: string[] = [];
    const first = await lockTarget(folder.path, 'a');
    await using _other = await lockTarget(folder.path, 'b');
    const second = lockTarget(folder.path, 'a', { onWait: () => order.push('waits') }).then((lock) => {
      order.push('second');
      return lock;
    });
    await expect.poll(() => order).toEqual(['waits']);
    order.push('first leaves');
    await first[Symbol.asyncDispose]();
    await (await second)[Symbol.asyncDispose]();
    expect(order).toEqual(['waits', 'first leaves', 'second']);
  });

  it('is free again when its process was killed', async () => {
    await using folder = await testFolder();
    const script = `const { lockTarget } = await import(${JSON.stringify(modulePath)}); await lockTarget(${JSON.stringify(folder.path)}, 'a'); console.log('locked'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    using _cleanUp = { [Symbol.dispose]: () => child.kill('SIGKILL') };
    await once(child.stdout, 'data');
    let hasWaited = false;
    const lock = lockTarget(folder.path, 'a', { onWait: () => (hasWaited = true) });
    await expect.poll(() => hasWaited).toBe(true);
    child.kill('SIGKILL');
    await (await lock)[Symbol.asyncDispose]();
  });

  it('stops waiting when it is told to', async () => {
    await using folder = await testFolder();
    await using _held = await lockTarget(folder.path, 'a');
    const controller = new AbortController();
    const waiting = lockTarget(folder.path, 'a', { signal: controller.signal, onWait: () => controller.abort() });
    await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('says which folder cannot be used', async () => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'file'), '');
    await expect(lockTarget(join(folder.path, 'file', 'locks'), 'a')).rejects.toThrow(EnvironmentError);
  });
});
