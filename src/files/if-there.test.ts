import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { ifThere, readJsonIfThere } from './if-there.ts';

it('gives what is there, nothing for what is not, and throws the rest', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'a.json');
  await writeFile(path, '{"a":1}');
  expect((await ifThere(stat(path)))?.size).toBe(7);
  expect(await ifThere(stat(join(folder.path, 'b')))).toBeUndefined();
  expect(await ifThere(stat(join(path, 'b')))).toBeUndefined();
  await expect(ifThere(readdir('\0'))).rejects.toThrow('null bytes');
});

it('reads JSON, and nothing where there is none', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'a.json');
  expect(await readJsonIfThere(path)).toBeUndefined();
  await writeFile(path, '{"a":1}');
  expect(await readJsonIfThere(path)).toEqual({ a: 1 });
  await writeFile(path, '{"a":');
  expect(await readJsonIfThere(path)).toBeUndefined();
  await expect(readJsonIfThere(folder.path)).rejects.toThrow('EISDIR');
});
