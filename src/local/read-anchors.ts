import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isNode, isPair, parseDocument, type Document } from 'yaml';
import type * as z from 'zod';
import { ConfigError } from '../core/errors.ts';
import type { AnchorSet } from '../stats/anchors.ts';
import { anchorSet, anchorsFileSchema, type AnchorsFile } from './anchors-schema.ts';

const hint = 'docs/scores.md shows a file of anchors.';

/**
 * Reads a file of anchors, YAML or JSON.
 *
 * @param name of the file in messages
 * @returns undefined where there is no such file
 * @throws {ConfigError} naming file, line and key, if it can't be read or says what it can't
 */
export async function readAnchorsFile(path: string, name: string): Promise<AnchorsFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'ENOENT') return undefined;
    throw new ConfigError({ file: name }, `can't be read: ${error.message}`, { cause: error, hint });
  }
  return parseAnchors(text, name);
}

/** Anchors of a user's file; see {@link readAnchorsFile}. */
export async function readAnchors(path: string, name: string, isOwn = false): Promise<AnchorSet | undefined> {
  const file = await readAnchorsFile(path, name);
  return file && anchorSet(file, isOwn);
}

function parseAnchors(text: string, file: string): AnchorsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number | undefined): { readonly line?: number; readonly column?: number } => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw new ConfigError({ file, ...place(error.pos[0]) }, error.message.split('\n')[0] ?? error.message, { hint });
  }
  const parsed = anchorsFileSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  // A misspelled key is one that is missing, too; the spelling is what helps.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw parsed.error;
  const path = issuePath(issue);
  const key = path.join('.');
  throw new ConfigError(
    { file, ...place(offsetOf(document, path)), key },
    `${key === '' ? '' : `\`${key}\`: `}${messageOf(issue)}`,
    { cause: parsed.error, hint },
  );
}

function issuePath(issue: z.core.$ZodIssue): readonly (string | number)[] {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...issue.path.map((part) => (typeof part === 'number' ? part : String(part))), ...unknown];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'unknown key';
  return issue.message.replace(/^Invalid input: /u, '').replace(/^Too (?:small|big): /u, '');
}

/** Where a key stands, or the nearest thing around it. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (!isMap(parent)) continue;
    const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === path[depth - 1]);
    if (isNode(pair?.key) && pair.key.range != null) return pair.key.range[0];
  }
  return document.contents?.range?.[0];
}
