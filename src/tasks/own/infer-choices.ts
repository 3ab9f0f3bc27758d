import { type ColumnFacts, isEmptyValue, jsonOf, valueText, wordsOf } from './column-facts.ts';
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

/** The texts of choices beside their labels. */
const hasTexts = (value: object): boolean => 'text' in value && isTexts(value.text);

/** A list of choices, or their texts beside their labels; also as JSON text, as a table's cell has it. */
function isList(value: unknown): boolean {
  const found = jsonOf(value);
  return found !== undefined && (isTexts(found) || hasTexts(found));
}

const isNamedAsList = ({ name }: ColumnFacts): boolean => wordsOf(name).some((word) => listWords.has(word));

/** A few damaged cells don't make another column of it: they are found, with their places, when rows are read. */
const mostlyLists = ({ values }: ColumnFacts): boolean => {
  const lists = values.filter(isList).length;
  return lists > 0 && lists >= 0.8 * values.length;
};

const separators = ['|', ';'];

/** What looks like the choices of each row in one column, but in no form that is read. */
export interface UnreadChoices {
  readonly column: string;
  /** Why, as a phrase. */
  readonly because: string;
}

/** Choices between separators, or lists as another language writes them. */
export function unreadChoices(columns: readonly ColumnFacts[]): UnreadChoices | undefined {
  for (const column of columns.filter(isNamedAsList)) {
    const { name, values } = column;
    const texts = values.map((value) => (typeof value === 'string' ? value.trim() : ''));
    if (texts.length === 0 || mostlyLists(column)) continue;
    const separator = separators.find((each) =>
      texts.every((text) => text.split(each).filter((part) => part.trim() !== '').length > 1),
    );
    if (separator !== undefined) return { column: name, because: `texts between \`${separator}\`` };
    if (texts.every((text) => /^[[(].*[\])]$/su.test(text))) return { column: name, because: 'lists, but not in JSON' };
  }
  return undefined;
}

/** Columns that look like choices by their names and what they hold. */
export function findChoices(columns: readonly ColumnFacts[]): InferredChoices | undefined {
  const lists = columns.filter((column) => isNamedAsList(column) && mostlyLists(column));
  const [list] = lists;
  if (list !== undefined && lists.length === 1) {
    const isPlain = list.values.some((value) => Array.isArray(jsonOf(value)));
    const choices = isPlain ? list.name : `${list.name}.text`;
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

type Row = { readonly values: Values };

/** How the targets of all rows mean their choices. */
export interface ChoiceTargets<Own extends Row> {
  /** Each is one of its row's choices: their text, their letter, or their number. */
  readonly areChoices: boolean;
  /** Rows whose target is none of their choices. */
  readonly odd: readonly Own[];
  /** Number of the first choice, where targets are numbers; `unknown` where rows fit both. */
  readonly firstChoice: 0 | 1 | 'unknown' | undefined;
}

export function choiceTargets<Own extends Row>(
  rows: readonly Own[],
  target: string,
  choices: string | readonly string[],
): ChoiceTargets<Own> {
  const found = rows
    // Rows without choices say nothing of the others.
    .filter(({ values }) => !isEmptyValue(values[target]) && choicesOfRow(values, choices) !== undefined)
    .map((row) => ({ row, is: targetOf(row.values, target, choices) }));
  const odd = found.filter(({ is }) => is === undefined).map(({ row }) => row);
  const areChoices = found.length > 0 && odd.length === 0;
  const numbers = found.filter(({ is }) => typeof is === 'number');
  if (!areChoices || numbers.length === 0) return { areChoices, odd, firstChoice: undefined };
  const last = numbers.filter(({ row, is }) => is === choicesOfRow(row.values, choices)?.texts.length);
  const hasZero = numbers.some(({ is }) => is === 0);
  if (hasZero && last.length > 0) return { areChoices: false, odd: last.map(({ row }) => row), firstChoice: undefined };
  return { areChoices, odd, firstChoice: hasZero ? 0 : last.length > 0 ? 1 : 'unknown' };
}
