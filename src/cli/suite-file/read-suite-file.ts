import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../../core/errors.ts';
import { LineCounter, isMap, isNode, isPair, parseDocument, type Document } from 'yaml';
import type { Suite } from '../../core/suite.ts';
import { isFileServer } from '../../core/managed-server.ts';
import { splitEngineSource } from '../../engines/index.ts';
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
      throw new ConfigError(
        { file: shown },
        'expected a suite file ending in .yaml, .yml, .json, .ts, .mts, .js or .mjs',
      );
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
    EACCES: 'permission denied',
  };
  const known = what[String(error.code)];
  if (known === undefined) return error;
  return new ConfigError({ file: shown }, known, { cause: error, hint: 'Create a suite file with perbench init.' });
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

export type DocumentPath = readonly (string | number)[];

/** A place in a file, both 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a suite file says, and where it says it. */
export interface SuiteDocument {
  /** As errors name it. */
  readonly file: string;
  readonly value: unknown;
  /** Of the value at a path, or of the nearest node around it; undefined for files that are programs. */
  positionOf(path: DocumentPath): Position | undefined;
  /** Of a key itself. */
  positionOfKey(path: DocumentPath): Position | undefined;
}

/**
 * Reads YAML or JSON, keeping positions.
 *
 * @throws {ConfigError} where it is neither
 */
function parseSuiteText(text: string, file: string, format: 'yaml' | 'json'): SuiteDocument {
  if (format === 'json') checkJson(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError({ file, line, column: col }, firstLine(error.message));
  }
  const place = (offset: number | undefined): Position | undefined => {
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return {
    file,
    value: toValue(document, file),
    positionOf: (path) => place(nodeOffset(document, path)),
    positionOfKey: (path) => place(keyOffset(document, path) ?? nodeOffset(document, path)),
  };
}

/** Aliases are bounded, so that a small file can't grow into a large object. */
function toValue(document: SuiteYaml, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new ConfigError({ file }, 'too many nested aliases (*name)', { cause: error });
  }
}

function checkJson(text: string, file: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const match = /line (\d+) column (\d+)/.exec(error.message);
    const end = endOf(text);
    const line = match === null ? end.line : Number(match[1]);
    const column = match === null ? end.column : Number(match[2]);
    const [what = error.message] = error.message.split(/ in JSON| \(line/);
    throw new ConfigError({ file, line, column }, `not valid JSON: ${what}`, { cause: error });
  }
}

function endOf(text: string): Position {
  const lines = text.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

type SuiteYaml = Document.Parsed;

/** A missing key has no node: then the place is that of what should hold it. */
function nodeOffset(document: SuiteYaml, path: DocumentPath): number | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return undefined;
}

function keyOffset(document: SuiteYaml, path: DocumentPath): number | undefined {
  const key = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(key));
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
}

/** A suite that a program made, or flags: it has no positions. */
export function suiteValue(value: unknown, file: string): SuiteDocument {
  return { file, value, positionOf: () => undefined, positionOfKey: () => undefined };
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
        : { ...model, ...resolveTemplate(model, folder, homeFolder), source: resolveEntry(model, folder, homeFolder) },
    ),
  };
}

/** A chat template is a file beside the suite. */
function resolveTemplate(
  { engineOptions }: Pick<Exclude<Suite['models'][number], string>, 'engineOptions'>,
  folder: string,
  homeFolder: string,
): Pick<Exclude<Suite['models'][number], string>, 'engineOptions'> | undefined {
  const { chatTemplate } = engineOptions;
  if (typeof chatTemplate !== 'string') return undefined;
  return { engineOptions: { ...engineOptions, chatTemplate: resolvePath(chatTemplate, folder, homeFolder) } };
}

/** Names of repositories look like paths; servers that fetch models themselves take them as they are. */
function resolveEntry(
  { source, server }: Exclude<Suite['models'][number], string>,
  folder: string,
  homeFolder: string,
): string {
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
