import { parseExactJson } from '../../core/exact-json.ts';

type Values = Readonly<Record<string, unknown>>;

/** Whether a row says nothing there. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/**
 * What a row has in a column, or deeper: `choices.text` is the part `text` of the object in column `choices`, or of each
 * object where that is a list. A column whose name has points in it comes first.
 */
export function columnValue(values: Values, path: string): unknown {
  if (Object.hasOwn(values, path)) return values[path];
  let current: unknown = values;
  for (const key of path.split('.')) current = partOf(current, key);
  return current;
}

function partOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((each) => partOf(each, key));
  if (typeof value === 'string') return partOf(jsonValue(value), key);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Values)[key];
}

function exactJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The list or object that a text is as JSON, as tables without types have them; undefined where it is neither. */
export function jsonValue(text: string): unknown {
  if (!/^\s*[[{]/u.test(text)) return undefined;
  const value = exactJson(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** A list, or JSON text of one; undefined for anything else. */
export function listValue(value: unknown): readonly unknown[] | undefined {
  const list = typeof value === 'string' ? jsonValue(value) : value;
  return Array.isArray(list) ? list : undefined;
}

/** A value as a person would write it: texts as they are, lists and objects as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  const plain = plainValue(value);
  return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? '');
}

/** The same with nothing in it that JSON lacks: big integers as text, dates as ISO 8601. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainValue(each)]));
}
