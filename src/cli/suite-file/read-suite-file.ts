import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../../core/errors.ts';
import { parseSuiteText, suiteValue, type SuiteDocument } from './suite-document.ts';

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
  readonly readStdin: () => Promise<string>;
}

export interface SuiteFile {
  readonly document: SuiteDocument;
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
    const document = parseSuiteText(await world.readStdin(), 'stdin', 'yaml');
    return { document, folder: world.workingFolder };
  }
  const path = resolve(world.workingFolder, name);
  const shown = shortPath(path, world.workingFolder);
  const folder = dirname(path);
  switch (extname(path)) {
    case '.yaml':
    case '.yml':
      return { document: parseSuiteText(await readText(path, shown), shown, 'yaml'), folder };
    case '.json':
      return { document: parseSuiteText(await readText(path, shown), shown, 'json'), folder };
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return { document: suiteValue(await importSuite(path, shown), shown), folder };
    default:
      throw new ConfigError({ file: shown }, 'a suite file ends in .yaml, .yml, .json, .ts, .mts, .js or .mjs');
  }
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
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(error, shown);
  }
}

function unreadable(error: unknown, shown: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const what: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EISDIR: 'is a folder, not a suite file',
    EACCES: 'may not be read',
  };
  const known = what[String(error.code)];
  if (known === undefined) return error;
  return new ConfigError({ file: shown }, known, { cause: error, hint: 'perbench init writes a suite file.' });
}

/** The user's own program; Node strips its types. Its default export, or its export `suite`, is the suite. */
async function importSuite(path: string, shown: string): Promise<unknown> {
  if (!existsSync(path))
    throw new ConfigError({ file: shown }, 'no such file', { hint: 'perbench init writes a suite file.' });
  let module: Readonly<Record<string, unknown>>;
  try {
    // What a program exports is unknown; `checkSuite` looks at it.
    module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError({ file: shown }, `can't be loaded: ${message}`, {
      cause: error,
      hint: 'Only types that can be erased are allowed: no enum, namespace or parameter property.',
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
