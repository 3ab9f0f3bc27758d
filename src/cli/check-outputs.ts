import { realpath, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { EnvironmentError, StoreError, UsageError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { ifThere } from '../files/if-there.ts';
import { checkWritable } from '../files/replace-file.ts';
import type { CliContext } from './context.ts';
import { findSuiteFile } from './suite-file/read-suite-file.ts';

/** A file that a command is going to write. */
export interface Target {
  /** Absolute. */
  readonly path: string;
  /** What was named with `--out`: that file, or a folder of it. */
  readonly name: string;
  /** The flag that named it, where it isn't `--out`. */
  readonly flag?: string;
}

/**
 * Refuses outputs that can't be written, or that would overwrite what the command reads. Called before anything is
 * measured: it must not come up after hours.
 *
 * @throws {UsageError} for an output that can be none: a folder, a file of the input, or the same twice
 * @throws {EnvironmentError} if the system doesn't let it be written
 */
export async function checkOutputs(targets: readonly Target[], context: CliContext): Promise<void> {
  if (targets.length === 0) return;
  const read = await inputs(context);
  const seen = new Set<string>();
  for (const target of targets) {
    const { path, name, flag = '--out' } = target;
    const real = (await realPath(path)) ?? path;
    if (seen.has(real)) throw new UsageError(`${flag} ${name}: ${path} is named twice`, { hint: 'Name it once.' });
    seen.add(real);
    if (read.has(real)) {
      throw new UsageError(`${flag} ${name}: the command reads this file`, { hint: 'Name another file.' });
    }
    await checkTarget(target, context);
  }
}

/** What the command line names to be read, the suite file of the folder, and the store. */
async function inputs(context: CliContext): Promise<ReadonlySet<string>> {
  const { inputFiles, storePlace, workingFolder } = context;
  const path = (name: string): string => context.path(name);
  const suite = findSuiteFile(workingFolder);
  const files = [...inputFiles.map((name) => path(name)), ...(suite === undefined ? [] : [path(suite)])];
  if (!storePlace.isServer) files.push(storePlace.address);
  const there = await Promise.all(files.map((file) => realPath(file)));
  return new Set(there.filter((file) => file !== undefined));
}

/** Without symbolic links; undefined where it isn't there. */
async function realPath(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

async function checkTarget({ path, name, flag = '--out' }: Target, context: CliContext): Promise<void> {
  try {
    await checkWritable(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const isFolder = path !== context.path(name);
    if (error.code === 'EISDIR') {
      throw new UsageError(`${flag} ${name}: ${path} is a folder, not a file`, {
        hint: 'Name a file in it.',
        cause: error,
      });
    }
    if (isFolder && error.code === 'ENOTDIR' && error.path === context.path(name) && extname(name) === '') {
      throw new UsageError(`${flag} ${name}: is a file, and a name without an ending is a folder for ${path}`, {
        hint: `Name a folder, or a file with an ending, such as ${name}.json.`,
        cause: error,
      });
    }
    throw new EnvironmentError(`${flag} ${name}: ${path} cannot be written: ${systemErrorWords(error)}`, {
      hint:
        error.code === 'ENOTFILE'
          ? 'Name a file; /dev/stdout writes into a pipe.'
          : 'Name another place, or make this one writable.',
      cause: error,
    });
  }
}

/**
 * Refuses a store that can't be made or reached, before models and data are fetched for it.
 *
 * @throws {StoreError} if the system doesn't let it be written, or its server can't be used
 */
export async function checkNewStore(context: CliContext): Promise<void> {
  const { address, isServer, folder } = context.storePlace;
  if (isServer) {
    await context.openStore();
    return;
  }
  try {
    const there = await ifThere(stat(address));
    if (there?.isFile() !== true) await checkWritable(address);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new StoreError(`${address}: cannot create the store: ${error.path ?? folder}: ${systemErrorWords(error)}`, {
      hint: 'Choose another file for the store with --store.',
      cause: error,
    });
  }
}
