import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { kernelVariant } from './kernel-variant.ts';

it('is that of the file that was loaded, and unknown where nothing shows it', async () => {
  await using folder = await testFolder();
  const proc = folder.path;
  // As on other systems, and where a sandbox hides it.
  expect(kernelVariant({ proc })).toBeUndefined();
  mkdirSync(join(proc, 'self'));
  const maps = (file: string): string => `7f00-7f01 r-xp 00000000 08:01 12 ${file}\n`;
  writeFileSync(join(proc, 'self/maps'), maps('/usr/lib/libc.so.6'));
  expect(kernelVariant({ proc })).toBeUndefined();
  writeFileSync(join(proc, 'self/maps'), maps('/usr/lib/libc.so.6') + maps('/opt/bins/libggml-cpu-zen4.so'));
  expect(kernelVariant({ proc })).toBe('zen4');
});
