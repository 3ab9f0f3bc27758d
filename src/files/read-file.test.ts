import { execFileSync, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { fileLimitsFrom } from './file-limits.ts';
import { openFile, readBytes, readText } from './read-file.ts';
import { checkWritable, replaceFile } from './replace-file.ts';

let folder: string;
beforeEach(async () => {
  const made = await testFolder();
  folder = made.path;
  onTestFinished(async () => made[Symbol.asyncDispose]());
});

const limits = { fileBytes: 1000, lineBytes: 1000 };

/** Places of things that are no files, and what each is called. */
async function placed(kind: string): Promise<string> {
  const path = join(folder, 'it');
  if (kind === 'pipe') execFileSync('mkfifo', [path]);
  if (kind === 'folder') await mkdir(path);
  if (kind === 'socket') {
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
  }
  return kind === 'device' ? '/dev/zero' : path;
}

describe('reading files', () => {
  it.each([
    ['pipe', 'is a named pipe, not a file'],
    ['device', 'is a device, not a file'],
    ['folder', 'EISDIR'],
    ['socket', 'ENXIO'],
  ])('refuses at once what is none: a %s', async (kind, message) => {
    const path = await placed(kind);
    await expect(openFile(path)).rejects.toThrow(message);
    await expect(readBytes(path)).rejects.toThrow(message);
  });

  it('reads as much as may be, and no more', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'x'.repeat(1000));
    expect(await readText(path, { limits })).toHaveLength(1000);
    await writeFile(path, 'x'.repeat(1001));
    await expect(readBytes(path, { limits })).rejects.toThrow(
      'larger than the 1000 bytes that perbench reads of a file, unpacked; PERBENCH_MAX_FILE_SIZE sets another limit',
    );
    // Files of /proc have no size.
    expect(await readText('/proc/self/comm')).not.toBe('');
    await expect(readBytes('/proc/self/environ', { limits: { ...limits, fileBytes: 3 } })).rejects.toThrow('larger');
  });

  const reader = `import(${JSON.stringify(join(import.meta.dirname, 'read-file.ts'))}).then(({ readText }) =>
    readText(process.argv[1], { limits: { fileBytes: 1000, lineBytes: 1000 } })
  ).then((text) => console.log('read', text.length), (error) => console.log(error.message));`;

  it.each([
    ['<(printf hello)', 'read 5'],
    ['<(head -c 5000 /dev/zero)', 'larger than the 1000 bytes'],
    ['/dev/stdin <<< hello', 'read 6'],
  ])('reads what a shell gives it: %s', (words, said) => {
    const out = execFileSync('bash', ['-c', `exec "$0" -e "$1" ${words}`, process.execPath, reader], {
      encoding: 'utf8',
    });
    expect(out).toContain(said);
  });

  it('ends by a signal while it waits for a pipe', async () => {
    const child = spawn('bash', ['-c', 'exec "$0" -e "$1" <(exec sleep 10)', process.execPath, reader], {
      stdio: 'ignore',
    });
    await sleep(500);
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    child.kill('SIGTERM');
    expect(await ended).toBe('SIGTERM');
  });
});

describe('writing to what is no file', () => {
  it('writes to streams as they are, and leaves them', async () => {
    await checkWritable('/dev/null');
    await replaceFile('/dev/null', 'gone');
    await expect(openFile('/dev/null')).rejects.toThrow('is a device');
  });

  it.each([
    ['pipe', 'is a named pipe, not a file'],
    ['folder', 'EISDIR'],
    ['socket', 'is a socket, not a file'],
  ])('refuses a %s', async (kind, message) => {
    const path = await placed(kind);
    await expect(checkWritable(path)).rejects.toThrow(message);
    await expect(replaceFile(path, 'x')).rejects.toThrow(message);
  });
});

describe('limits', () => {
  it.each([
    [{}, { fileBytes: 400 * 2 ** 20, lineBytes: 32 * 2 ** 20 }],
    [
      { PERBENCH_MAX_FILE_SIZE: '2GiB', PERBENCH_MAX_LINE_SIZE: ' 1000 ' },
      { fileBytes: 2 ** 31, lineBytes: 1000 },
    ],
    [{ PERBENCH_MAX_FILE_SIZE: '' }, { fileBytes: 400 * 2 ** 20, lineBytes: 32 * 2 ** 20 }],
  ])('come from the environment: %j', (environment, read) => {
    expect(fileLimitsFrom(environment)).toEqual(read);
  });

  it.each(['lots', '-1', '0', '5 apples'])('are refused where they are none: %s', (text) => {
    expect(() => fileLimitsFrom({ PERBENCH_MAX_LINE_SIZE: text })).toThrow(
      `PERBENCH_MAX_LINE_SIZE: expected a size such as 2GiB or 800MB, got "${text}"`,
    );
  });
});
