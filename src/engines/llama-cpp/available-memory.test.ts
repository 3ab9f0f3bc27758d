import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../core/errors.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { availableMemory, checkMemory, type MemoryFiles } from './available-memory.ts';

const mebibyte = 1024 * 1024;

async function plant(folder: string, groups: Readonly<Record<string, string>>): Promise<MemoryFiles> {
  await writeFile(join(folder, 'meminfo'), 'MemTotal: 9000 kB\nMemAvailable:    8192000 kB\n');
  await writeFile(join(folder, 'membership'), '0::/outer/inner\n');
  await mkdir(join(folder, 'cgroup', 'outer', 'inner'), { recursive: true });
  for (const [path, text] of Object.entries(groups)) await writeFile(join(folder, 'cgroup', path), text);
  return {
    meminfo: join(folder, 'meminfo'),
    membership: join(folder, 'membership'),
    cgroupRoot: join(folder, 'cgroup'),
  };
}

describe('availableMemory', () => {
  it('is what the system has available where no group limits it', async () => {
    await using folder = await testFolder();
    const files = await plant(folder.path, { 'outer/memory.max': 'max\n', 'outer/memory.current': '5\n' });
    expect(await availableMemory(files)).toBe(8_192_000 * 1024);
  });

  it('is what the tightest group leaves, file pages given back', async () => {
    await using folder = await testFolder();
    const files = await plant(folder.path, {
      'outer/memory.max': `${100 * mebibyte}\n`,
      'outer/memory.current': `${90 * mebibyte}\n`,
      'outer/memory.stat': `anon 1\ninactive_file ${30 * mebibyte}\n`,
      'outer/inner/memory.max': `${500 * mebibyte}\n`,
      'outer/inner/memory.current': `${10 * mebibyte}\n`,
    });
    expect(await availableMemory(files)).toBe(40 * mebibyte);
  });

  it('finds a figure on this machine', async () => {
    expect(await availableMemory()).toBeGreaterThan(mebibyte);
  });
});

describe('checkMemory', () => {
  it('refuses with both numbers', () => {
    expect(() => checkMemory('big', 8000 * mebibyte, 4000 * mebibyte)).toThrow(EnvironmentError);
    expect(() => checkMemory('big', 8000 * mebibyte, 4000 * mebibyte)).toThrow(
      'big needs at least 8096 MiB of memory, 4000 MiB are available',
    );
    expect(() => checkMemory('small', mebibyte, 4000 * mebibyte)).not.toThrow();
  });
});
