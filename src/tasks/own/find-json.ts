import { parseExactJson } from '../../core/exact-json.ts';

/** Longer texts aren't searched; in characters. */
const longestText = 1_000_000;
/** Values that are nested deeper count as none. */
const deepestValue = 64;
/** Fenced blocks, and brackets in running text, that are tried: a model may repeat itself for ever. */
const mostTries = 200;

export interface FoundJson {
  readonly value: unknown;
  /** The same with integers that a number would round as text. */
  readonly exact: unknown;
}

function isTooDeep(value: unknown, left = deepestValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((each) => isTooDeep(each, left - 1));
}

function parse(text: string): FoundJson | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : { value, exact: parseExactJson(text) };
  } catch {
    // Not JSON is one of the answers.
    return undefined;
  }
}

/** Where the bracket that is opened at `start` is closed, texts in double quotes aside; undefined where it isn't. */
function closingAt(text: string, start: number): number | undefined {
  const open: string[] = [];
  let isInText = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (isInText) {
      if (character === '\\') at += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '{' || character === '[') open.push(character === '{' ? '}' : ']');
    else if (character === '}' || character === ']') {
      if (open.pop() !== character) return undefined;
      if (open.length === 0) return at;
    }
  }
  return undefined;
}

/** The first object or list in running text. What stands inside one that is broken isn't taken for the answer. */
function findInText(text: string): FoundJson | undefined {
  const opening = /[{[]/g;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const match = opening.exec(text);
    if (match === null) return undefined;
    const end = closingAt(text, match.index);
    if (end === undefined) return undefined;
    const found = parse(text.slice(match.index, end + 1));
    if (found !== undefined) return found;
    opening.lastIndex = end + 1;
  }
  return undefined;
}

function findInFences(text: string): FoundJson | undefined {
  const blocks = Array.from(text.matchAll(/```[^\n`]*\n([^]*?)```/g), ([, block = '']) => block);
  for (const block of blocks.slice(-mostTries).toReversed()) {
    const found = parse(block);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Finds the JSON value that an output gives: the whole text; else the last fenced block that is JSON; else the first
 * object or list in running text. Nothing is repaired: with a trailing comma, single quotes or a missing bracket it is no
 * JSON. Values that are nested deeper than 64, and texts of more than a million characters, count as none; of fenced blocks
 * the last 200 are tried, of brackets in running text the first.
 */
export function findJson(output: string): FoundJson | undefined {
  if (output.length > longestText) return undefined;
  return parse(output) ?? findInFences(output) ?? findInText(output);
}
