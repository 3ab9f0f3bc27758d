import { existsSync } from 'node:fs';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { discard } from './discard.ts';
import { makeFolder } from './make-folder.ts';
import { checkWritable } from './replace-file.ts';

it('makes what is missing, and says from where on', async () => {
  await using folder = await testFolder();
  const deep = join(folder.path, 'a/b/c');
  expect(await makeFolder(deep)).toBe(join(folder.path, 'a'));
  expect((await stat(deep)).isDirectory()).toBe(true);
  expect(await makeFolder(deep)).toBeUndefined();
});

it('may be asked by many at once', async () => {
  await using folder = await testFolder();
  const deep = join(folder.path, 'a/b/c/d');
  await Promise.all(Array.from({ length: 20 }, async () => makeFolder(deep)));
  expect((await stat(deep)).isDirectory()).toBe(true);
});

it.each([
  ['file', 'ENOTDIR'],
  ['file/x/y', 'ENOTDIR'],
  ['loop/x', 'ELOOP'],
  [`${'n'.repeat(300)}/x`, 'ENAMETOOLONG'],
])('refuses %s with %s', async (name, code) => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'file'), '');
  await symlink('loop', join(folder.path, 'loop'));
  await expect(makeFolder(join(folder.path, name))).rejects.toMatchObject({ code });
});

it.for([['/proc/x'], ['/proc/self/fd/x/y']])('ends where no folder can be made: %s', async ([path = ''], { skip }) => {
  if (!existsSync('/proc/self')) skip('no /proc');
  await expect(makeFolder(path)).rejects.toMatchObject({ syscall: 'mkdir', code: expect.stringMatching(/^E/) });
});

it('looks whether a file could be written, and leaves nothing', async () => {
  await using folder = await testFolder();
  await mkdir(join(folder.path, 'folder.json'));
  await checkWritable(join(folder.path, 'a/b/x.json'));
  await checkWritable(join(folder.path, `${'n'.repeat(250)}.json`));
  expect(existsSync(join(folder.path, 'a'))).toBe(false);
  await expect(checkWritable(join(folder.path, 'folder.json'))).rejects.toMatchObject({ code: 'EISDIR' });
});

it('discards what is there, and is silent where it cannot', async () => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, 'a'), '');
  await discard(join(folder.path, 'a'));
  await discard(join(folder.path, 'a/b'));
  await discard('/proc/self/status');
  expect(existsSync(join(folder.path, 'a'))).toBe(false);
});
