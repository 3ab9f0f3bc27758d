import * as z from 'zod';
import { InvalidItemError } from '../../core/errors.ts';
import type { RawRow } from './raw-row.ts';

type RowPlace = Pick<RawRow, 'file' | 'line' | 'keyPrefix'>;

/**
 * One line out of what a schema or a task has to say about a row: which key, what was expected, what is there.
 *
 * @param value - the row that was checked
 * @returns undefined for errors that aren't about the row: those are to be thrown on
 */
export function invalidItem(error: unknown, place: RowPlace, value: unknown): InvalidItemError | undefined {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    if (issue === undefined) return undefined;
    return atKey(place, issue.path, expectedBy(issue), describeValue(valueAt(value, issue.path)));
  }
  if (!(error instanceof RangeError)) return undefined;
  // A task's own check says `key: must be what it expects, got what it found`.
  const [, key, expected, received] = /^([\w.]+): must be (.+?)(?:, got (.+))?$/su.exec(error.message) ?? [];
  if (key === undefined || expected === undefined) return atKey(place, ['row'], 'a valid row', error.message);
  return atKey(place, key.split('.'), expected, received ?? describeValue(valueAt(value, key.split('.'))));
}

/** The error of a row that isn't even JSON. */
export function damagedItem(place: RowPlace, damage: string): InvalidItemError {
  return atKey(place, ['row'], 'JSON', `text that is none: ${damage}`);
}

/** The error of a row whose id another row had before. */
export function repeatedItem(place: RowPlace, id: string, before: RowPlace): InvalidItemError {
  return atKey(place, ['id'], 'unique', `"${id}" again, first at ${before.file}:${before.line}`);
}

function atKey(place: RowPlace, keys: readonly PropertyKey[], expected: string, received: string): InvalidItemError {
  const own = keys.map(String).join('.') || 'row';
  const key = place.keyPrefix === undefined ? own : `${place.keyPrefix}.${own}`;
  return new InvalidItemError({ file: place.file, line: place.line, key }, expected, received);
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return current;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
};

const sizeUnits: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'too_small':
      return issue.origin === 'string'
        ? 'text that is not empty'
        : `at least ${issue.minimum}${sizeUnits[issue.origin] ?? ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${sizeUnits[issue.origin] ?? ''}`;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return issue.message;
  }
}

/** A value in a few words, safe to print. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
