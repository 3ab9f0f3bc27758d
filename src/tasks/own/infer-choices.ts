import { type ColumnFacts, isEmptyValue, valueText, wordsOf } from './column-facts.ts';
import { labelKey } from './label-spelling.ts';
import { readChoices, type RowChoices } from './row-choices.ts';

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

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 1;

/** A list of choices, or their texts beside their labels. */
function isList(value: unknown): boolean {
  return isTexts(value) || (typeof value === 'object' && value !== null && 'text' in value && isTexts(value.text));
}

/** Columns that look like choices by their names and what they hold. */
export function findChoices(columns: readonly ColumnFacts[]): InferredChoices | undefined {
  const lists = columns.filter(
    ({ name, values }) =>
      wordsOf(name).some((word) => listWords.has(word)) && values.length > 0 && values.every(isList),
  );
  const [list] = lists;
  if (list !== undefined && lists.length === 1) {
    const choices = list.kind === 'list' ? list.name : `${list.name}.text`;
    return { choices, columns: [list.name], because: `choices: lists in column \`${list.name}\`` };
  }
  const series = seriesOf(columns);
  if (series.length === 0) return undefined;
  const named = series.map((name) => `\`${name}\``).join(', ');
  return { choices: series, columns: series, because: `choices: columns ${named}` };
}

type Values = Readonly<Record<string, unknown>>;

function choicesOfRow(values: Values, choices: string | readonly string[]): RowChoices | undefined {
  try {
    return readChoices(choices, values);
  } catch {
    // A row that has no choices is found, with its place, when rows are read.
    return undefined;
  }
}

/** Position of a target in its row's choices, or its number where it is one; undefined where it is neither. */
function targetOf(values: Values, target: string, choices: string | readonly string[]): 'named' | number | undefined {
  const own = choicesOfRow(values, choices);
  const text = valueText(values[target] ?? '').trim();
  const names = own?.names ?? [];
  if ([...(own?.texts ?? []), ...names].some((choice) => labelKey(choice) === labelKey(text))) return 'named';
  const count = own?.texts.length ?? 0;
  if (/^[A-Za-z]$/.test(text))
    return text.toUpperCase().charCodeAt(0) - 'A'.charCodeAt(0) < count ? 'named' : undefined;
  return /^\d{1,2}$/.test(text) && Number(text) <= count ? Number(text) : undefined;
}

/** How the targets of all rows mean their choices. */
export interface ChoiceTargets {
  /** Each is one of its row's choices: their text, their letter, or their number. */
  readonly areChoices: boolean;
  /** Number of the first choice, where targets are numbers; `unknown` where rows fit both. */
  readonly firstChoice: 0 | 1 | 'unknown' | undefined;
}

export function choiceTargets(
  rows: readonly { readonly values: Values }[],
  target: string,
  choices: string | readonly string[],
): ChoiceTargets {
  const found = rows
    .filter(({ values }) => !isEmptyValue(values[target]))
    .map(({ values }) => ({ values, is: targetOf(values, target, choices) }));
  const areChoices = found.every(({ is }) => is !== undefined);
  const numbers = found.filter(({ is }) => typeof is === 'number');
  if (!areChoices || numbers.length === 0) return { areChoices, firstChoice: undefined };
  const hasZero = numbers.some(({ is }) => is === 0);
  const hasLast = numbers.some(({ values, is }) => is === choicesOfRow(values, choices)?.texts.length);
  if (hasZero && hasLast) return { areChoices: false, firstChoice: undefined };
  return { areChoices, firstChoice: hasZero ? 0 : hasLast ? 1 : 'unknown' };
}
