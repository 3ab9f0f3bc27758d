import { readFile } from 'node:fs/promises';
import { isMissing } from './disk-error.ts';

/** What a JSON file of the cache holds; undefined where there is none, or it isn't JSON: then it is made anew. */
export async function readJsonIfThere(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
