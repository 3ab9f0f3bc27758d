import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testFolder } from './test-settings.ts';

const run = promisify(execFile);

/** A file system of `bytes`, in memory; undefined where this user may not mount one. */
export async function smallDisk(bytes: number): Promise<({ readonly path: string } & AsyncDisposable) | undefined> {
  const folder = await testFolder();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder.path]);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    if (error instanceof Error) return undefined;
    throw error;
  }
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await run('umount', [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}
