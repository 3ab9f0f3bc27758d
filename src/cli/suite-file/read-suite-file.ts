import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { settingsText } from '../../app/settings-text.ts';
import { taskPath } from '../../app/task-names.ts';
import { absoluteDefinition } from '../../app/task-files.ts';
import { parseWritten, writtenValue, type WrittenDocument } from '../../app/written-document.ts';
import { ConfigError } from '../../core/errors.ts';
import { isSystemError, systemErrorWords } from '../../core/system-error.ts';
import type { ModelEntry, Suite } from '../../core/suite.ts';
import { isFileServer } from '../../core/managed-server.ts';
import { ifThere } from '../../files/if-there.ts';
import { notAFileError, readBytes } from '../../files/read-file.ts';
import { splitEngineSource } from '../../engines/index.ts';
import { quotePatterns } from './quote-patterns.ts';
import { looksLikePath, looksLikeRepository } from '../../sources/model-source.ts';

/** Files that `run` and `plan` look for where neither a file nor a model was named, in this order. */
const defaultSuiteFiles = [
  'perbench.yaml',
  'perbench.yml',
  'perbench.json',
  'perbench.config.ts',
  'perbench.config.mts',
  'perbench.config.js',
  'perbench.config.mjs',
] as const;

export interface SuiteFileWorld {
  readonly workingFolder: string;
  readonly homeFolder: string;
  readonly readStdin: () => Promise<Buffer<ArrayBuffer>>;
}

export interface SuiteFile {
  readonly document: WrittenDocument;
  /** Relative paths in the file start here. */
  readonly folder: string;
}

/**
 * Reads a suite file without checking what it says.
 *
 * @param name a path, or `-` for stdin
 * @throws {ConfigError} if it can't be read or is no YAML, JSON or program
 */
export async function readSuiteFile(name: string, world: SuiteFileWorld): Promise<SuiteFile> {
  if (name === '-') {
    const document = parseWritten(settingsText(await world.readStdin(), 'stdin'), 'stdin', 'yaml');
    return { document, folder: world.workingFolder };
  }
  const path = resolve(world.workingFolder, name);
  const shown = shortPath(path, world.workingFolder);
  const folder = dirname(path);
  switch (extname(path)) {
    case '.yaml':
    case '.yml':
      return { document: parseWritten(await readText(path, shown), shown, 'yaml'), folder };
    case '.json':
      return { document: parseWritten(await readText(path, shown), shown, 'json'), folder };
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return { document: writtenValue(await importSuite(path, shown), shown), folder };
    default:
      await requireFile(path, shown);
      throw new ConfigError(
        { file: shown },
        'expected a suite file ending in .yaml, .yml, .json, .ts, .mts, .js or .mjs',
        extname(path) === '.gguf' ? { hint: quotePatterns } : {},
      );
  }
}

/** Says of what is no file that it is none, rather than that its ending is wrong. */
async function requireFile(path: string, shown: string): Promise<void> {
  const there = await ifThere(stat(path)).catch((error: unknown) => {
    throw unreadable(error, shown);
  });
  if (there !== undefined && !there.isFile()) throw unreadable(notAFileError(path, there), shown);
}

/** The suite file of a folder, or undefined where it has none. */
export function findSuiteFile(folder: string): string | undefined {
  return defaultSuiteFiles.find((name) => existsSync(resolve(folder, name)));
}

function shortPath(path: string, workingFolder: string): string {
  const short = relative(workingFolder, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return settingsText(await readBytes(path), shown);
  } catch (error) {
    throw unreadable(error, shown);
  }
}

function unreadable(error: unknown, shown: string): unknown {
  if (!isSystemError(error)) return error;
  const what = error.code === 'EISDIR' ? 'is a folder, not a suite file' : systemErrorWords(error);
  return new ConfigError({ file: shown }, what, { cause: error, hint: 'Create a suite file with perbench init.' });
}

/** Runs the user's program; Node strips its types. The suite is its default export or its export `suite`. */
async function importSuite(path: string, shown: string): Promise<unknown> {
  if (!existsSync(path))
    throw new ConfigError({ file: shown }, 'no such file', { hint: 'Create a suite file with perbench init.' });
  let module: Readonly<Record<string, unknown>>;
  try {
    // What a program exports is unknown; `checkSuite` looks at it.
    module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError({ file: shown }, `cannot be loaded: ${message}`, {
      cause: error,
      hint: 'Use only types that can be erased: no enum, namespace or parameter property.',
    });
  }
  const value = module['default'] ?? module['suite'];
  if (value === undefined) {
    throw new ConfigError({ file: shown }, 'has no default export', {
      hint: 'Write: export default defineSuite({ … })',
    });
  }
  return value;
}

/**
 * Makes the paths of a suite absolute. They start at the folder of the file, wherever perbench is called from, and may
 * lead anywhere: models and data are only read. Suites name nothing that is written.
 */
export function resolveSuitePaths(suite: Suite, folder: string, homeFolder: string): Suite {
  return {
    ...suite,
    dataDir: suite.dataDir === undefined ? undefined : resolvePath(suite.dataDir, folder, homeFolder),
    models: suite.models.map((model) =>
      typeof model === 'string'
        ? resolveSource(model, folder, homeFolder)
        : { ...model, ...resolveOptions(model, folder, homeFolder), source: resolveEntry(model, folder, homeFolder) },
    ),
    tasks: suite.tasks.map((task) => resolveTask(task, folder, homeFolder)),
  };
}

/** Task files, data, and what definitions name; tasks of perbench stay as they are. */
function resolveTask(entry: Suite['tasks'][number], folder: string, homeFolder: string): Suite['tasks'][number] {
  if (typeof entry === 'string') return taskPath(entry, folder, homeFolder) ?? entry;
  const { definition, task } = entry;
  if (definition !== undefined) return { ...entry, definition: absoluteDefinition(definition, folder, homeFolder) };
  return { ...entry, task: taskPath(task, folder, homeFolder) ?? task };
}

/** Options that are files beside the suite, also among what is varied. */
function resolveOptions(
  { engineOptions, vary }: Pick<ModelEntry, 'engineOptions' | 'vary'>,
  folder: string,
  homeFolder: string,
): Pick<ModelEntry, 'engineOptions' | 'vary'> {
  const resolvers: Readonly<Record<string, typeof resolvePath>> = { chatTemplate: resolvePath, draft: resolveSource };
  const resolved = (name: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((each) => resolved(name, each));
    if (typeof value !== 'string' || value === 'none') return value;
    return resolvers[name]?.(value, folder, homeFolder) ?? value;
  };
  const all = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(options).map(([name, value]) => [name, resolved(name, value)]));
  return { engineOptions: all(engineOptions), ...(vary !== undefined && { vary: all(vary) }) };
}

/** Names of repositories look like paths; servers that fetch models themselves take them as they are. */
function resolveEntry({ source, server }: ModelEntry, folder: string, homeFolder: string): string {
  if (server !== undefined && !isFileServer(server) && !/^(~|\.{1,2})?\//.test(source)) return source;
  return resolveSource(source, folder, homeFolder);
}

/** Catalogue names, `hf:`, `pip:`, URLs and addresses of servers stay as they are. */
export function resolveSource(source: string, folder: string, homeFolder: string): string {
  if (/^(hf|pip|https?):/i.test(source) || splitEngineSource(source) !== undefined || !looksLikePath(source))
    return source;
  const path = resolvePath(source, folder, homeFolder);
  // What may be the name of a repository isn't a path unless a file is there.
  return looksLikeRepository(source) && !existsSync(path) ? source : path;
}

/** A shell opens `~` itself; in a file nobody has. */
export function resolvePath(path: string, folder: string, homeFolder: string): string {
  return path.startsWith('~/') ? resolve(homeFolder, path.slice(2)) : resolve(folder, path);
}
