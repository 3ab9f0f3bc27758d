import { isTooDeep } from './too-deep.ts';

/** What a JSON text holds; undefined where it is none, or nested too deeply. */
export function jsonInside(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const bareNumbers = /-?\b(?:Infinity|NaN)\b/u;

/** Where the string that begins at a quotation mark ends; the end of the text for one without an end. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text[first - 1] === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end + 1;
  }
  return text.length;
}

/** Python's json writes NaN and Infinity bare; in JSON there is no such number, so they become null. */
function withoutBareNumbers(text: string): string {
  const token = /"|-?\b(?:Infinity|NaN)\b/gu;
  let [clean, from] = ['', 0];
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') {
      token.lastIndex = stringEnd(text, found.index);
      continue;
    }
    clean += `${text.slice(from, found.index)}null`;
    from = token.lastIndex;
  }
  return clean + text.slice(from);
}

/** The text with control characters inside strings escaped, as JSON wants them. */
export function withEscapedControls(text: string): string {
  let [clean, from] = ['', 0];
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', from)) {
    const end = stringEnd(text, start);
    const escaped = text
      .slice(start, end)
      .replaceAll(/\p{Cc}/gu, (each) => `\\u${(each.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
    clean += text.slice(from, start) + escaped;
    from = end;
  }
  return clean + text.slice(from);
}

/** Whether a text that begins as JSON does ends within a string, an object or a list. */
export function isCutJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  const token = /["[\]{}]/g;
  let depth = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') {
      token.lastIndex = stringEnd(text, found.index);
      // A whole text ends with a bracket.
      if (token.lastIndex === text.length) return true;
    } else depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
  }
  return depth > 0;
}

/**
 * Parses JSON as Python writes it: bare numbers that JSON doesn't know are null.
 *
 * @throws {SyntaxError} for what is no JSON otherwise either
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError) || !bareNumbers.test(text)) throw error;
    try {
      return JSON.parse(withoutBareNumbers(text));
    } catch {
      // What is wrong with the text as it stands is what people find in it.
      throw error;
    }
  }
}

/** What a JSON text as Python writes it holds; undefined where it is none. */
export function pythonJsonInside(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
