import { createHash } from 'node:crypto';
import { PerbenchError } from '../core/errors.ts';
import { datasetOf, type DatasetName, type Task } from '../core/task.ts';
import { arcLmEval } from './arc.ts';
import { gsm8kLmEval } from './gsm8k.ts';
import { hellaswagLmEval } from './hellaswag.ts';
import { createPythonRandom } from './python-random.ts';
import { squadLmEval } from './squad.ts';

/** Whether a data set, through the reader and the prompts, gives what lm-eval gives on the published one. */
export interface DataCheck {
  /** Name of the digest in lm-eval's `tests/testdata`. */
  readonly name: string;
  readonly dataset: DatasetName;
  /** `deviation`: the known text of a copy that differs from the published one in a known way. */
  readonly status: 'match' | 'deviation' | 'mismatch' | 'unavailable';
  readonly expected: string;
  /** Undefined where the data could not be read. */
  readonly actual: string | undefined;
  /** Why it isn't a match, in one sentence. */
  readonly reason: string | undefined;
}

interface Digest {
  readonly name: string;
  readonly task: Task;
  readonly expected: string;
  /** What follows the prompt of a generation task in the digest; continuations otherwise. */
  readonly second?: DigestRequest[1];
  readonly deviation?: { readonly actual: string; readonly reason: string };
}

const digests: readonly Digest[] = [
  {
    name: 'arc_easy-v0-loglikelihood',
    task: arcLmEval(0),
    expected: 'ffa6e39a35a16299dcb015f17f986aaa598ad8b4840c4cebe0339a7042232741',
  },
  {
    name: 'gsm8k-v0-greedy_until',
    task: gsm8kLmEval('strict', 0),
    second: ['\n'],
    expected: 'e7292dbdd7fd8419ba954f2e0701e04c8d0e8842fe053dbf2fe47d926630e35e',
  },
  {
    name: 'squad2-v1-greedy_until',
    task: squadLmEval(0),
    second: ['\n'],
    expected: 'e17e3d85c1d5adaf2d6b4b752c4babc2e0b3a6e144e6de70cb3b2287e85109b8',
  },
  {
    name: 'squad2-v1-loglikelihood',
    task: squadLmEval(0),
    second: ' unanswerable',
    expected: 'f5da6173402b274dc89130755c222c6ca6b2a3bacaaa4e4ab07be9322b7bad65',
  },
  {
    name: 'hellaswag-v0-loglikelihood',
    task: hellaswagLmEval(0),
    expected: 'abb808c97d6529eda6c11067837a132c62d25cba0394d720f80cca6df9f7196e',
    deviation: {
      actual: 'a95c505e4ace4e226883d240b7bc385bcd953833f4fd8993f41c27b88e36b13f',
      reason: 'the cleaned copy (hellaswag_val.derived.jsonl) lacks the space before endings whose tag was removed',
    },
  },
];

/**
 * Recomputes the request digests of lm-eval for the data sets that have one. IMDB has none.
 *
 * @param readItems - items of a task, as `loadItems` gives them
 */
export async function checkData(readItems: (task: Task) => Promise<readonly unknown[]>): Promise<readonly DataCheck[]> {
  const checks: DataCheck[] = [];
  for (const digest of digests) checks.push(await checkDigest(digest, readItems));
  return checks;
}

async function checkDigest(digest: Digest, readItems: (task: Task) => Promise<readonly unknown[]>): Promise<DataCheck> {
  const { name, task, expected, deviation } = digest;
  const check = { name, dataset: datasetOf(task).name, expected };
  try {
    const actual = requestDigest(requestsOf(digest, await readItems(task)));
    if (actual === expected) return { ...check, status: 'match', actual, reason: undefined };
    if (actual === deviation?.actual) return { ...check, status: 'deviation', actual, reason: deviation.reason };
    return { ...check, status: 'mismatch', actual, reason: 'the rows are not those of the published data set' };
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return { ...check, status: 'unavailable', actual: undefined, reason: error.message };
  }
}

function* requestsOf({ task, second }: Digest, items: readonly unknown[]): Generator<DigestRequest, void, void> {
  for (const item of digestOrder(items)) {
    if (task.kind === 'generate') {
      yield [task.question(item, []).prompt.plain, second ?? ''];
      continue;
    }
    const { context, continuations } = task.question(item, []);
    for (const continuation of continuations) yield [context, continuation];
  }
}

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
