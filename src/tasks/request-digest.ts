import { createHash } from 'node:crypto';
import { createPythonRandom } from './python-random.ts';

/** A request as lm-eval's old tests had it: a context, and a continuation or a list of stop strings. */
export type DigestRequest = readonly [context: string, second: string | readonly string[]];

/**
 * Documents in the order in which lm-eval 0.3 tested its tasks: `random.Random(42).shuffle`.
 */
export function digestOrder<Item>(items: readonly Item[]): readonly Item[] {
  const shuffled = [...items];
  createPythonRandom(42).shuffle(shuffled);
  return shuffled;
}

/** sha256 of Python's `json.dumps` of all requests: the digests in lm-eval's `tests/testdata`. */
export function requestDigest(requests: Iterable<DigestRequest>): string {
  const hash = createHash('sha256').update('[');
  let separator = '';
  for (const [context, second] of requests) {
    const tail = typeof second === 'string' ? pythonJson(second) : `[${second.map(pythonJson).join(', ')}]`;
    hash.update(`${separator}[${pythonJson(context)}, ${tail}]`);
    separator = ', ';
  }
  return hash.update(']').digest('hex');
}

/** A string as `json.dumps` writes it: ASCII only. */
function pythonJson(text: string): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, escape);
}
