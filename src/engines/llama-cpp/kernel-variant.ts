import { join } from 'node:path';
import { readIfThere, type SystemFolders, systemFolders } from '../../meters/proc-file.ts';

/**
 * The variant of the CPU back-end that this process loaded, by its file: `haswell` of `libggml-cpu-haswell.so`.
 *
 * @returns undefined where the system doesn't show what a process has loaded
 */
export function kernelVariant({ proc }: Pick<SystemFolders, 'proc'> = systemFolders): string | undefined {
  return /libggml-cpu-([a-z0-9_.]+)\.so/.exec(readIfThere(join(proc, 'self/maps')) ?? '')?.[1];
}
