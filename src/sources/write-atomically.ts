import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainDiskError, makeFolder } from './disk-error.ts';

/** Writes a small file beside and renames it: readers see the old content or the new, never half of it. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  const beside = `${path}.${process.pid}.new`;
  try {
    const handle = await open(beside, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw await explainDiskError(error, path);
  }
}
