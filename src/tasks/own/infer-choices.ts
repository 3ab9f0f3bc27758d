import { type ColumnFacts, isEmptyValue, valueText, wordsOf } from './column-facts.ts';
import { labelKey } from './label-spelling.ts';

/** Where the choices of each row are. */
export interface InferredChoices {
  readonly choices: string | readonly string[];
  /** The columns that hold them, which are neither input nor target. */
  readonly columns: readonly string[];
  readonly because: string;
}

const listWords: ReadonlySet<string> = new Set(['choices', 'options', 'endings', 'candidates', 'alternatives']);
const oneWords: ReadonlySet<string> = new Set(['choice', 'option', 'answer', 'ending', 'alternative', 'candidate']);

/** `option_a`, `Choice 2`, `A`: which series of columns a name belongs to, and its place in it. */
function placeOf(name: string): { readonly series: string; readonly place: number } | undefined {
  const [, stem = '', mark = ''] = /^(.*?)[\s_.-]*([A-Ha-h]|\d)$/.exec(name) ?? [];
  const words = wordsOf(stem);
  const isSeries = words.length === 0 ? /^[A-H]$/.test(name) : words.length === 1 && oneWords.has(words[0] ?? '');
  if (mark === '' || !isSeries) return undefined;
  const place = /\d/.test(mark) ? Number(mark) : mark.toLowerCase().charCodeAt(0) - 'a'.charCodeAt(0);
  return { series: `${stem.toLowerCase()}${/\d/.test(mark) ? '1' : 'a'}`, place };
}

/** Columns with one choice each, if there are at least two in a row. */
function seriesOf(columns: readonly ColumnFacts[]): readonly string[] {
  const placed = columns.flatMap(({ name, kind }) => {
    const place = kind === 'empty' ? undefined : placeOf(name);
    return place === undefined ? [] : [{ name, ...place }];
  });
  const series = [...Map.groupBy(placed, (each) => each.series).values()].map((own) =>
    own.toSorted((left, right) => left.place - right.place),
  );
  const whole = series.find(
    (own) =>
      own.length > 1 && (own[0]?.place ?? 9) <= 1 && own.every(({ place }, at) => place === (own[0]?.place ?? 0) + at),
  );
  return whole?.map(({ name }) => name) ?? [];
}

/** Columns that look like choices by their names and what they hold. */
export function findChoices(columns: readonly ColumnFacts[]): InferredChoices | undefined {
  const lists = columns.filter(
    ({ name, kind, values }) =>
      kind === 'list' &&
      wordsOf(name).some((word) => listWords.has(word)) &&
      values.every((value) => Array.isArray(value) && value.length > 1),
  );
  const [list] = lists;
  if (list !== undefined && lists.length === 1)
    return { choices: list.name, columns: [list.name], because: `choices: lists in column \`${list.name}\`` };
  const series = seriesOf(columns);
  if (series.length === 0) return undefined;
  const named = series.map((name) => `\`${name}\``).join(', ');
  return { choices: series, columns: series, because: `choices: columns ${named}` };
}

type Row = { readonly values: Readonly<Record<string, unknown>> };

export function choicesOfRow({ values }: Row, choices: string | readonly string[]): readonly string[] {
  const found = typeof choices === 'string' ? values[choices] : choices.map((column) => values[column]);
  return Array.isArray(found) ? found.filter((value) => !isEmptyValue(value)).map(valueText) : [];
}

/** Whether a target can be one of the choices of its row: its text, its letter, or its position from 0 or 1. */
export function isChoiceTarget(row: Row, target: string, choices: string | readonly string[]): boolean {
  const own = choicesOfRow(row, choices);
  const text = valueText(row.values[target] ?? '').trim();
  if (own.some((choice) => labelKey(choice) === labelKey(text))) return true;
  if (/^[A-Za-z]$/.test(text)) return text.toUpperCase().charCodeAt(0) - 'A'.charCodeAt(0) < own.length;
  return /^\d{1,2}$/.test(text) && Number(text) <= own.length;
}
