import { jsonInside } from '../core/json-inside.ts';
import { readFile, stat } from 'node:fs/promises';

/** Whether a file system call failed because something isn't there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** What a look at a file or folder gives; undefined where it isn't there, or not any more. */
export async function ifThere<Value>(look: Promise<Value>): Promise<Value | undefined> {
  try {
    return await look;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Whether something is to be opened at a path: also what can't be, such as a link that leads back to itself. Opening it
 * says why.
 */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

/** What a JSON file of a cache holds; undefined where there is none, or it isn't JSON: then it is made anew. */
export async function readJsonIfThere(path: string): Promise<unknown> {
  return jsonInside(await ifThere(readFile(path, 'utf8')));
}
