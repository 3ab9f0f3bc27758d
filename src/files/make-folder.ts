import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemError } from '../core/system-error.ts';
import { ifThere } from './if-there.ts';

/**
 * Makes a folder and those above it that are missing. Node's own recursive `mkdir` tries for ever, deaf to signals, where
 * a parent is there but says that it isn't, as in /proc and under some automounters; here each folder is made once.
 *
 * @returns the topmost folder that was made, or undefined where all were there
 * @throws the error of the file system
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const there = await ifThere(stat(folder));
    if (there?.isDirectory() === true) break;
    if (there !== undefined) throw systemError('ENOTDIR', folder, 'mkdir');
    missing.unshift(folder);
    if (dirname(folder) === folder) break;
  }
  for (const folder of missing) await makeOne(folder);
  return missing[0];
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    // Another process was quicker.
    const there = await ifThere(stat(folder));
    if (there?.isDirectory() !== true) throw error;
  }
}
