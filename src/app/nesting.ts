import { Lexer } from 'yaml';
import { maxDepth } from '../core/too-deep.ts';

const opening: ReadonlySet<string> = new Set(['[', '{']);
const closing: ReadonlySet<string> = new Set([']', '}']);
const indicators: ReadonlySet<string> = new Set(['-', '?']);

/**
 * Where a YAML or JSON text is nested too deeply to be parsed: parsers recurse, and where their stack ends near a regular
 * expression, V8 ends the whole process.
 *
 * @returns offset in the text; undefined where all is well
 */
export function tooDeepAt(text: string): number | undefined {
  const columns: number[] = [];
  let flowDepth = 0;
  let [offset, lineStart, isFirst] = [0, 0, true];
  for (const token of new Lexer().lex(text)) {
    // Marks of the lexer itself: starts of documents and scalars.
    if (token === '\u0002' || token === '\u0018' || token === '\u001F') continue;
    const at = text.indexOf(token, offset);
    if (opening.has(token)) flowDepth += 1;
    else if (closing.has(token)) flowDepth = Math.max(0, flowDepth - 1);
    else if (flowDepth === 0 && token.trim() !== '' && (isFirst || indicators.has(token))) {
      // What begins further to the left ends everything to its right.
      while ((columns.at(-1) ?? -1) >= at - lineStart) columns.pop();
      columns.push(at - lineStart);
    }
    if (columns.length + flowDepth > maxDepth) return at;
    offset = at + token.length;
    isFirst = token.trim() === '' ? isFirst || token.includes('\n') : false;
    if (token.includes('\n')) [lineStart, isFirst] = [at + token.lastIndexOf('\n') + 1, true];
  }
  return undefined;
}
