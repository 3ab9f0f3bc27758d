import { existsSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { UnknownNameError, UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { explainSystemError, isSystemError } from '../core/system-error.ts';
import { loadTasks, taskNames } from '../tasks/index.ts';

const dataEnding = /\.(?:csv|tsv|tab|txt|text|dat|data|json|jsonl|ndjson|parquet)(?:\.gz)?$/i;
const fileEnding = /\.(?:ya?ml|csv|tsv|json|jsonl|ndjson|parquet)(?:\.gz)?$/i;

/** Whether the name of a task means a file, a folder or a data set of the hub, whether it is there or not. */
function isFileName(name: string): boolean {
  return name.startsWith('hf:') || fileEnding.test(name) || /^(?:~|\.{1,2})?\//.test(name);
}

/** `~/` is the home folder; `hf:` names no path. */
export function absolutePath(path: string, folder: string, homeFolder?: string): string {
  if (path.startsWith('hf:')) return path;
  return path.startsWith('~/') && homeFolder !== undefined ? resolve(homeFolder, path.slice(2)) : resolve(folder, path);
}

/** What a task is called that nobody gave a name: as its data, in the letters that ids have. */
export function nameOfData(path: string): string {
  const plain = basename(path.replace(/^hf:/, '')).replace(dataEnding, '');
  const name = plain
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '');
  return name === '' ? 'task' : name;
}

/** Whether a file or a folder is meant by its mere name, which is no task of perbench's own. */
function isThere(name: string, path: string): boolean {
  return !name.includes('@') && !taskNames().includes(name) && existsSync(path);
}

/** The path of a task that is a file or a folder; undefined where the name means something else. */
export function taskPath(name: string, folder: string, homeFolder?: string): string | undefined {
  const path = absolutePath(name, folder, homeFolder);
  return isFileName(name) || isThere(name, path) ? path : undefined;
}

/** Whether the name of a task is an id that a definition has given. */
export function isOwnId(name: string): boolean {
  return /^[a-z0-9_-]+\/own@[0-9a-f]{8}$/.test(name);
}

/** Files beside which a name was meant, as far as they may be tasks. */
function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter(isFileName) : [];
}

/** A file whose name is near, with its ending or without. */
function nearFile(name: string, folder: string): string | undefined {
  const files = filesIn(folder);
  const exact = files.find((file) => nameOfData(file) === name);
  return exact ?? nearestName(name, files);
}

/**
 * Refuses a name that is neither a task nor a file, without reading anything.
 *
 * @param folder from which a file is meant
 * @throws {UnknownNameError | UsageError} with the nearest names
 */
export async function checkTaskName(name: string, folder: string, homeFolder?: string): Promise<void> {
  const path = taskPath(name, folder, homeFolder);
  if (path === undefined) return checkBuiltIn(name, folder);
  if (path.startsWith('hf:') || existsSync(path)) return;
  requireReachable(name, path);
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() === true) {
    throw new UsageError(`${name} is a link to ${readlinkSync(path)}, where no file is`, { hint: 'Mend the link.' });
  }
  const near = nearFile(basename(path), dirname(path)) ?? nearestName(name, taskNames());
  throw new UsageError(`no file ${name}, and no task of that name`, {
    hint: near === undefined ? 'perbench tasks lists the built-in tasks.' : `Did you mean "${near}"?`,
  });
}

/** What the system says of a path that leads nowhere, beyond that nothing is there. */
function requireReachable(name: string, path: string): void {
  try {
    statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { message, hint } = explainSystemError(error, name);
    throw new UsageError(message, { hint, cause: error });
  }
}

async function checkBuiltIn(name: string, folder: string): Promise<void> {
  try {
    await loadTasks(name);
  } catch (error) {
    if (!(error instanceof UnknownNameError)) throw error;
    const near = error.near ?? nearFile(name, folder);
    throw new UnknownNameError('task', name, taskNames(), near, undefined, ', and no file of that name');
  }
}
