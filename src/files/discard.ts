import { rm } from 'node:fs/promises';

/**
 * Removes what a failed attempt left, a file or a folder, if it can be: why the attempt failed matters more than what
 * stays behind.
 */
export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}
