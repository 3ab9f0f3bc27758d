import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { largestFileBytes } from './pull-pip.ts';

it('reads how much has come while pip makes folders and removes them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perbench-pip-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'wheel'), Buffer.alloc(1000));
  let isRunning = true;
  const unpack = async (name: string): Promise<void> => {
    while (isRunning) {
      await mkdir(join(folder, name, 'deep', 'deeper'), { recursive: true });
      await writeFile(join(folder, name, 'deep', 'part'), Buffer.alloc(10));
      await rm(join(folder, name), { recursive: true, force: true });
    }
  };
  const unpacking = [unpack('a'), unpack('b'), unpack('c')];
  const sizes: number[] = [];
  try {
    for (let count = 0; count < 300; count += 1) sizes.push(await largestFileBytes(folder));
  } finally {
    isRunning = false;
    await Promise.all(unpacking);
  }
  expect(new Set(sizes)).toEqual(new Set([1000]));
});
