import { ConfigError } from '../core/errors.ts';
import { shortText } from '../core/short-text.ts';
import {
  LineCounter,
  isMap,
  isNode,
  isPair,
  isScalar,
  parseAllDocuments,
  parseDocument,
  visit,
  type Document,
} from 'yaml';
import { isTooDeep, tooDeepText } from '../core/too-deep.ts';
import { tooDeepAt } from './nesting.ts';

export type DocumentPath = readonly (string | number)[];

/** A place in a file, both 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a file of settings says, such as a suite or a task file, and where it says it. */
export interface WrittenDocument {
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
export function parseWritten(text: string, file: string, format: 'yaml' | 'json'): WrittenDocument {
  checkText(text, file, format);
  const lines = new LineCounter();
  return writtenYaml(parseDocument(text, { ...yamlOptions, lineCounter: lines }), lines, file);
}

/**
 * Reads a file that may say several things: the documents of YAML, and the entries of a list, each one for itself.
 *
 * @throws {ConfigError} where it is neither YAML nor JSON
 */
export function parseSeveral(text: string, file: string, format: 'yaml' | 'json'): readonly WrittenDocument[] {
  checkText(text, file, format);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...yamlOptions, lineCounter: lines });
  // What holds no document at all is told apart by its type.
  if (!Array.isArray(documents)) return [];
  return documents
    .map((document) => writtenYaml(document, lines, file))
    .filter(({ value }) => value !== null && value !== undefined)
    .flatMap((document) =>
      Array.isArray(document.value)
        ? document.value.map((value: unknown, at) => entryOf(document, value, at))
        : [document],
    );
}

// The library compares every key of a map with every other; `checkKeys` looks each up.
const yamlOptions = { prettyErrors: false, uniqueKeys: false } as const;

function checkText(text: string, file: string, format: 'yaml' | 'json'): void {
  if (format === 'json') checkJson(text, file);
  const deep = tooDeepAt(text);
  if (deep === undefined) return;
  const { line, column } = endOf(text.slice(0, deep));
  throw new ConfigError({ file, line, column }, tooDeepText);
}

/** One entry of a list, as if it stood alone. */
function entryOf({ file, ...list }: WrittenDocument, value: unknown, at: number): WrittenDocument {
  return {
    file,
    value,
    positionOf: (path) => list.positionOf([at, ...path]),
    positionOfKey: (path) => list.positionOfKey([at, ...path]),
  };
}

function writtenYaml(document: Yaml, lines: LineCounter, file: string): WrittenDocument {
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    const what =
      error.code === 'MULTIPLE_DOCS' ? 'expected one YAML document, got several (---)' : firstLine(error.message);
    throw new ConfigError({ file, line, column: col }, what);
  }
  checkKeys(document, lines, file);
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

/** Keys are text, and each comes once: another would silently hide the first. */
function checkKeys(document: Yaml, lines: LineCounter, file: string): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        // Bytes and dates are objects, too.
        const isText = isScalar(key) && (typeof key.value !== 'object' || key.value === null);
        const name = isText ? String(key.value) : undefined;
        if (name !== undefined && !seen.has(name)) {
          seen.add(name);
          continue;
        }
        const { line, col } = lines.linePos((isNode(key) && key.range?.[0]) || 0);
        const what = name === undefined ? 'keys must be text' : `the key "${shortText(name)}" is there twice`;
        throw new ConfigError({ file, line, column: col }, what);
      }
    },
  });
}

/** Aliases are bounded, so that a small file can't grow into a large object. */
function toValue(document: Yaml, file: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isTooDeep(value))
      throw new ConfigError({ file }, `${tooDeepText}, or an alias (*name) stands within what it names`);
    return value;
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

type Yaml = Document.Parsed;

/** A missing key has no node: then the place is that of what should hold it. */
function nodeOffset(document: Yaml, path: DocumentPath): number | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return undefined;
}

function keyOffset(document: Yaml, path: DocumentPath): number | undefined {
  const key = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(key));
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
}

/** What a program made, or flags: it has no positions. */
export function writtenValue(value: unknown, file: string): WrittenDocument {
  if (isTooDeep(value)) throw new ConfigError({ file }, `${tooDeepText}, or holds itself`);
  return { file, value, positionOf: () => undefined, positionOfKey: () => undefined };
}
