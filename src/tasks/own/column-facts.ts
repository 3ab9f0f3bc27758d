import { isNumberText } from './number-text.ts';

/** What a column of the user's data holds, as far as its values tell. */
export type ColumnKind = 'empty' | 'messages' | 'list' | 'object' | 'number' | 'date' | 'url' | 'id' | 'text';

export interface ColumnFacts {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Values that aren't empty, in the order of the rows. */
  readonly values: readonly unknown[];
  readonly distinct: number;
  /** Of the values as text, in characters. */
  readonly meanLength: number;
}

type Row = { readonly values: Readonly<Record<string, unknown>> };

/** Words of a column's name in lower case: `Ticket ID`, `ticket_id` and `ticketId` are ticket and id. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}#]+/u)
    .filter((word) => word !== '');
}

/** More is no name but a text, such as the first row of a file without a heading. */
const longestName = 40;
const mostWordsOfName = 4;

/** Words of a name as people give one to a column; none of a text that only stands where a name should. */
export function nameWords(name: string): readonly string[] {
  const words = wordsOf(name);
  return name.length <= longestName && words.length <= mostWordsOfName ? words : [];
}

export function isEmptyValue(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '');
}

/** A value as the text that a prompt would show. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a text holds as JSON, where that is keys and values or a list. */
export function jsonOf(value: unknown): object | undefined {
  if (typeof value === 'object') return value ?? undefined;
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' ? (parsed ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'role' in value && 'content' in value;
}

/** Chat messages as OpenAI has them, as a list or as its JSON. */
function isChat(value: unknown): boolean {
  const parsed = jsonOf(value);
  return Array.isArray(parsed) && parsed.length > 0 && parsed.every(isMessage);
}

const isDate = (text: string): boolean =>
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[T ]\d{1,2}:\d{2}.*)?$/.test(text.trim());
const isUrl = (text: string): boolean => /^(?:https?|ftp|file|s3):\/\/\S+$/i.test(text.trim());
/** UUIDs, long hexadecimal texts, and codes such as T-1042. */
const isCode = (text: string): boolean =>
  /^(?:[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|[\da-f]{16,}|[a-z]{1,6}[-_#]?\d{2,})$/i.test(text.trim());

export const idWords: ReadonlySet<string> = new Set([
  'id',
  'ids',
  'uid',
  'uuid',
  'guid',
  'idx',
  'index',
  '#',
  'nr',
  'no',
]);

/** Whole numbers that go up by one from row to row, as those of an index do. */
function isCounting(texts: readonly string[]): boolean {
  const numbers = texts.map(Number);
  return numbers.length >= 3 && numbers.every((value, at) => at === 0 || value === (numbers[at - 1] ?? 0) + 1);
}

function kindOf(name: string, values: readonly unknown[], distinct: number): ColumnKind {
  if (values.length === 0) return 'empty';
  if (values.every(isChat)) return 'messages';
  if (values.every((value) => Array.isArray(value))) return 'list';
  if (values.every((value) => typeof value === 'object')) return 'object';
  const texts = values.map(valueText);
  const words = wordsOf(name);
  // What pandas calls the index that it writes.
  const isIndex = words.length === 0 || /^unnamed:? ?\d+$/i.test(name);
  if (isIndex || idWords.has(nameWords(name).at(-1) ?? '')) return 'id';
  if (distinct === values.length && (texts.every(isCode) || isCounting(texts))) return 'id';
  if (texts.every(isDate)) return 'date';
  if (texts.every(isUrl)) return 'url';
  return texts.every(isNumberText) ? 'number' : 'text';
}

/** @param rows all rows of the table */
export function columnFacts(name: string, rows: readonly Row[]): ColumnFacts {
  const values = rows.map((row) => row.values[name]).filter((value) => !isEmptyValue(value));
  const texts = values.map(valueText);
  const distinct = new Set(texts).size;
  const meanLength = texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, texts.length);
  return { name, kind: kindOf(name, values, distinct), values, distinct, meanLength };
}
