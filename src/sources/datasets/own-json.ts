import { parseExactJson } from '../../core/exact-json.ts';
import { DataError, InvalidItemError } from '../../core/errors.ts';
import { namesText } from '../../core/row-places.ts';
import { isTooDeep, maxDepth } from '../../core/too-deep.ts';
import type { OnDamage, OwnRow, ReadTable } from './own-rows.ts';

type Values = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, in words for "got …". */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

interface JsonFault {
  /** What is wrong, without the text and the place. */
  readonly reason: string;
  /** Where, in UTF-16 code units from 0. */
  readonly position: number;
}

/** A search for the place reads the text a few dozen times. */
const longestSearched = 4 << 20;

/** Where a text stops being JSON. The runtime doesn't always say; then the shortest start that is as wrong is searched. */
function jsonFault(text: string, error: SyntaxError): JsonFault {
  const reason = error.message.replace(/,? (?:\.{3})?".*$| in JSON at position .*$| is not valid JSON$/su, '');
  const stated = /at position (\d+)/u.exec(error.message)?.[1];
  if (stated !== undefined) return { reason, position: Number(stated) };
  if (!error.message.startsWith('Unexpected token') || text.length > longestSearched) {
    return { reason, position: text.length };
  }
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hasUnexpectedToken(text.slice(0, middle + 1))) high = middle;
    else low = middle + 1;
  }
  return { reason, position: low };
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return error instanceof SyntaxError && error.message.startsWith('Unexpected token');
  }
}

function parsed(text: string): { readonly value: unknown } | { readonly fault: JsonFault } {
  try {
    return { value: parseExactJson(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { fault: jsonFault(text, error) };
  }
}

/** Columns in the order in which rows first have them. */
function columnsOf(rows: readonly OwnRow[]): readonly string[] {
  const columns = new Set<string>();
  for (const { values } of rows) for (const column of Object.keys(values)) columns.add(column);
  return [...columns];
}

interface PlacedValue {
  readonly value: unknown;
  /** 1-based line, or number of the row. */
  readonly line: number;
}

/** Rows out of values, as Parquet and JSON have them: each must be an object. */
export function objectRows(values: Iterable<PlacedValue>, file: string, onDamage: OnDamage): ReadTable {
  const rows: OwnRow[] = [];
  for (const { value, line } of values) {
    const deep = isObject(value) ? Object.keys(value).find((key) => isTooDeep(value[key])) : undefined;
    if (!isObject(value)) onDamage(new InvalidItemError({ file, line, key: 'row' }, 'an object', kindOf(value)));
    else if (deep === undefined) rows.push({ file, line, values: value });
    else onDamage(new InvalidItemError({ file, line, key: deep }, `nested at most ${maxDepth} levels deep`, 'more'));
  }
  return { columns: columnsOf(rows), rows, notes: [], warnings: [] };
}

const shapes = 'a list of objects, an object with one such list, or an object with a list for each column';

/**
 * Rows of a JSON text in one of three shapes: a list of objects; an object in which exactly one value is a list of
 * objects; an object whose values are lists of one length, the columns. A text with one object on each line is read as
 * JSON Lines.
 *
 * @throws {DataError} if it isn't JSON, with line and column, or has another shape
 */
export function readJson(text: string, file: string, onDamage: OnDamage): ReadTable {
  const read = parsed(text);
  if ('fault' in read) {
    if (hasLines(text)) {
      const table = readJsonLines(text, file, onDamage);
      return { ...table, notes: [`${file}: read as JSON Lines, since each line is a value`, ...table.notes] };
    }
    const before = text.slice(0, read.fault.position).split(/\r\n|\n|\r/u);
    throw new DataError(
      `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: not valid JSON: ${read.fault.reason}`,
      { hint: 'Repair the file, or export it again.' },
    );
  }
  const { values, notes } = listIn(read.value, file);
  const table = objectRows(
    values.map((value, index) => ({ value, line: index + 1 })),
    file,
    onDamage,
  );
  return { ...table, notes };
}

/** The first line is a whole object, and another one follows. */
function hasLines(text: string): boolean {
  const [first = '', ...others] = text.trim().split(/\r\n|\n/u, 2);
  const read = parsed(first);
  return others.length > 0 && 'value' in read && isObject(read.value);
}

function listIn(
  value: unknown,
  file: string,
): { readonly values: readonly unknown[]; readonly notes: readonly string[] } {
  if (Array.isArray(value)) return { values: value, notes: [] };
  if (!isObject(value)) throw new DataError(`${file}: expected ${shapes}, got ${kindOf(value)}`);
  const lists = Object.entries(value).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const ofObjects = lists.filter(([, list]) => list.length > 0 && list.every(isObject));
  const [only, another] = ofObjects;
  if (only === undefined && lists.length > 0 && lists.length === Object.keys(value).length) {
    return { values: fromColumns(lists, file), notes: [`${file}: its lists are the columns`] };
  }
  if (only === undefined || another !== undefined) {
    const names = namesText(ofObjects.map(([name]) => `\`${name}\``));
    throw new DataError(
      `${file}: expected ${shapes}, got ${only === undefined ? 'an object without one' : `several such lists: ${names}`}`,
      { hint: 'Save the rows alone as a list.' },
    );
  }
  const beside = Object.keys(value).filter((name) => name !== only[0]);
  const unread = beside.length === 0 ? '' : `; not read: ${namesText(beside)}`;
  return { values: only[1], notes: [`${file}: the rows are those of \`${only[0]}\`${unread}`] };
}

function fromColumns(lists: readonly (readonly [string, readonly unknown[]])[], file: string): readonly Values[] {
  const [[firstName, first] = ['', []]] = lists;
  const uneven = lists.find(([, list]) => list.length !== first.length);
  if (uneven !== undefined) {
    throw new DataError(
      `${file}: columns must have as many values each, but \`${firstName}\` has ${first.length} and \`${uneven[0]}\` ${uneven[1].length}`,
    );
  }
  return first.map((_, index) => Object.fromEntries(lists.map(([name, list]) => [name, list[index]])));
}

/** Rows of a text with one JSON object a line; blank lines don't count. A text that is one list is read as JSON. */
export function readJsonLines(text: string, file: string, onDamage: OnDamage): ReadTable {
  if (isOneList(text)) {
    const table = readJson(text, file, onDamage);
    return { ...table, notes: [`${file}: read as JSON, since it is one list`, ...table.notes] };
  }
  return objectRows(jsonLines(text, file, onDamage), file, onDamage);
}

function isOneList(text: string): boolean {
  if (!/^\s*\[/u.test(text)) return false;
  const [first = '', ...others] = text.trim().split(/\r\n|\n|\r/u, 2);
  return others.length === 0 || 'fault' in parsed(first);
}

function* jsonLines(text: string, file: string, onDamage: OnDamage): Generator<PlacedValue, void, void> {
  for (const [index, each] of text.split(/\r\n|\n|\r/u).entries()) {
    if (each.trim() === '') continue;
    const line = index + 1;
    const read = parsed(each);
    if ('value' in read) {
      yield { value: read.value, line };
      continue;
    }
    const { position, reason } = read.fault;
    onDamage(new InvalidItemError({ file, line, key: 'row' }, 'JSON', `${reason} at column ${position + 1}`));
  }
}
