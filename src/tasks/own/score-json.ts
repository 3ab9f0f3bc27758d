import type { ItemScore } from '../../core/task.ts';
import { findJson } from './find-json.ts';
import { compileSchema, type JsonSchema } from './json-schema.ts';

/** Fields that get a metric of their own, the first ones of a target. */
const mostFields = 30;
/** Characters of an answer, or of what is wrong with it, that are kept. */
const longestAnswer = 500;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Counts leaf fields. */
interface Tally {
  right: number;
  total: number;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function normalised(text: string): string {
  return text.trim().normalize('NFC');
}

/** Compares a value without parts; an empty object asks for an object, an empty list for an empty list. */
function isSameLeaf(target: unknown, got: unknown): boolean {
  if (typeof target === 'string') return typeof got === 'string' && normalised(got) === normalised(target);
  if (Array.isArray(target)) return Array.isArray(got) && got.length === 0;
  if (isObject(target)) return isObject(got);
  return got === target;
}

/** Adds the leaf fields of `target` to the tally; elements that a list has too many are wrong fields. */
function tally(target: unknown, got: unknown, into: Tally): Tally {
  if (typeof target !== 'object' || target === null || isEmpty(target)) {
    into.total += 1;
    if (isSameLeaf(target, got)) into.right += 1;
  } else if (Array.isArray(target)) {
    const list: readonly unknown[] = Array.isArray(got) ? got : [];
    for (const [index, each] of target.entries()) tally(each, list[index], into);
    into.total += Math.max(0, list.length - target.length);
  } else {
    for (const [key, each] of Object.entries(target)) {
      tally(each, isObject(got) && Object.hasOwn(got, key) ? got[key] : undefined, into);
    }
  }
  return into;
}

function isRight(target: unknown, got: unknown): boolean {
  const { right, total } = tally(target, got, { right: 0, total: 0 });
  return right === total;
}

/** Fields of a target by dotted path, a list being one field; the value at the same path of an answer beside it. */
function* fields(target: unknown, got: unknown, path: string): Generator<readonly [string, unknown, unknown]> {
  if (!isObject(target) || isEmpty(target)) {
    if (path !== '') yield [path, target, got];
    return;
  }
  for (const [key, each] of Object.entries(target)) {
    const own = isObject(got) && Object.hasOwn(got, key) ? got[key] : undefined;
    yield* fields(each, own, path === '' ? key : `${path}.${key}`);
  }
}

function fieldMetrics(target: unknown, got: unknown): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [path, wanted, given] of fields(target, got, '').take(mostFields)) {
    metrics[`field:${path}`] = isRight(wanted, given) ? 1 : 0;
  }
  return metrics;
}

/** Whether a target has integers that a number would round, which it holds as text. */
function hasLongInteger(target: unknown): boolean {
  return /"-?\d{16,}"/u.test(JSON.stringify(target) ?? '');
}

function shortened(text: string): string {
  return text.length <= longestAnswer ? text : `${text.slice(0, longestAnswer - 1).toWellFormed()}…`;
}

/**
 * Scores an answer in JSON against the right value; what is found is said at `findJson`. Validity and correctness apart:
 * `json_valid`, `schema_valid` (where there is a schema), `fields_right` (share of the target's leaf fields that are
 * right) and `field:PATH` for the first 30 fields. `value` is 1 where every field is right and the schema holds.
 *
 * Numbers are the same by value (`1` and `1.0`), as float64, integers beyond its exactness by their digits; texts after trimming and Unicode NFC; lists in order, the
 * elements that are too many being wrong; objects whatever the order of their keys. Null is a value: a field that is
 * missing isn't null. Fields that the target doesn't have are ignored, unless the schema forbids them.
 *
 * @throws {RangeError} for a schema that can't be used (`compileSchema`); never for an output
 */
export function scoreJson(output: string, target: unknown, schema: JsonSchema | undefined): ItemScore {
  const check = schema === undefined ? undefined : compileSchema(schema);
  const found = findJson(output);
  const got = found?.value;
  const compared = hasLongInteger(target) ? found?.exact : got;
  const { right, total } = tally(target, compared, { right: 0, total: 0 });
  const problem = found === undefined ? 'no JSON in the output (broken JSON is not repaired)' : check?.(got);
  const isFit = found !== undefined && problem === undefined;
  return {
    value: isFit && right === total ? 1 : 0,
    answer: found === undefined ? undefined : shortened(JSON.stringify(got)),
    isUnparsed: found === undefined,
    metrics: {
      json_valid: found === undefined ? 0 : 1,
      ...(check !== undefined && { schema_valid: isFit ? 1 : 0 }),
      fields_right: right / total,
      ...fieldMetrics(target, compared),
    },
    ...(problem !== undefined && { detail: { problem: shortened(problem) } }),
  };
}

/** The same verdict graded by the share of right fields, for `metric: mean`; the schema is then a metric beside it. */
export function gradedByFields(score: ItemScore): ItemScore {
  return { ...score, value: score.metrics['fields_right'] ?? score.value };
}

/**
 * What JSON itself can hold, of a value that a table has: whole numbers of columnar files are bigints, and a field that
 * isn't set is none.
 */
function asJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw notJson(String(value));
  }
  if (Array.isArray(value)) return value.map((each) => asJson(each));
  if (value instanceof Date) throw notJson('a date');
  if (!isObject(value)) throw notJson(value === undefined ? 'nothing' : `a ${typeof value}`);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, asJson(each)]));
}

function notJson(got: string): RangeError {
  return new RangeError(`target: must be JSON, got ${got.length > 60 ? `${got.slice(0, 59).toWellFormed()}…` : got}`);
}

/**
 * The right answer of a row: JSON text, or a value of a file that has objects and lists itself.
 *
 * @throws {RangeError} `target: must be JSON, got …`
 */
export function parseTarget(value: unknown): unknown {
  if (typeof value !== 'string') return asJson(value);
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw notJson(value.trim() === '' ? 'an empty text' : value);
  }
}
