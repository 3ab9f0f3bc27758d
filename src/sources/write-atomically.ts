import { dirname } from 'node:path';
import { replaceFile } from '../files/replace-file.ts';
import { explainDiskError, makeFolder } from './disk-error.ts';

/**
 * Writes a file of the cache whole or not at all.
 *
 * @throws {EnvironmentError} if the disk is full or may not be written
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  try {
    await replaceFile(path, content);
  } catch (error) {
    throw await explainDiskError(error, path);
  }
}
