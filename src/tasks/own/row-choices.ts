import type { ResolvedTask } from '../../core/task-definition.ts';
import { mostLetters } from '../read-letter.ts';
import { columnValue, isBlank, listValue, valueText } from './column-value.ts';
import { matchLabel } from './label-spelling.ts';
import { rowError } from './row-error.ts';

type Values = Readonly<Record<string, unknown>>;

/** The choices of one row. */
export interface RowChoices {
  readonly texts: readonly string[];
  /** What the data call them, such as `1` to `4`; undefined where they have no names. */
  readonly names: readonly string[] | undefined;
}

/**
 * Reads the choices of a row, 2 to 26.
 *
 * @throws {z.ZodError} where there aren't so many
 */
export function readChoices(choices: string | readonly string[], values: Values): RowChoices {
  const found = typeof choices === 'string' ? listedChoices(choices, values) : columnChoices(choices, values);
  const { texts } = found;
  const column = typeof choices === 'string' ? choices : (choices[0] ?? '');
  if (texts.length < 2 || texts.length > mostLetters || texts.some(isBlank)) {
    throw rowError(column, `a list of 2 to ${mostLetters} choices`);
  }
  return found;
}

/** Rows with fewer choices than there are columns leave the last ones empty. */
function columnChoices(columns: readonly string[], values: Values): RowChoices {
  const all = columns.map((column) => columnValue(values, column));
  const count = all.findLastIndex((value) => !isBlank(value)) + 1;
  const missing = all.slice(0, count).findIndex(isBlank);
  if (missing !== -1) throw rowError(columns[missing] ?? '', 'a choice, since a later one is there');
  return { texts: all.slice(0, count).map(valueText), names: undefined };
}

function listedChoices(path: string, values: Values): RowChoices {
  const entries = listValue(columnValue(values, path)) ?? [];
  const isNamed =
    entries.length > 0 && entries.every((entry) => typeof entry === 'object' && entry !== null && 'text' in entry);
  if (isNamed) {
    const named = entries as readonly { readonly text: unknown; readonly label?: unknown }[];
    return {
      texts: named.map(({ text }) => valueText(text)),
      names: namesOf(
        named.map(({ label }) => label),
        named.length,
      ),
    };
  }
  const beside = path.endsWith('.text')
    ? listValue(columnValue(values, `${path.slice(0, -'text'.length)}label`))
    : undefined;
  return { texts: entries.map(valueText), names: namesOf(beside ?? [], entries.length) };
}

function namesOf(labels: readonly unknown[], count: number): readonly string[] | undefined {
  return labels.length === count && !labels.some(isBlank) ? labels.map(valueText) : undefined;
}

/** A target that counts choices from another number than the definition says. */
export class MiscountedChoices extends RangeError {}

/**
 * Position of the choice that a target means: by the name that the data give it, by its text, by its letter, or by its
 * number. A number that isn't text is a number, even where choices are called so.
 *
 * @throws {z.ZodError} if it means none
 * @throws {MiscountedChoices} if it is one more than the last: the data then count from 1
 */
export function choicePosition(
  { target = '', firstChoice = 0 }: Pick<ResolvedTask, 'target' | 'firstChoice'>,
  value: unknown,
  { texts, names }: RowChoices,
): number {
  const text = valueText(value).trim();
  const number = /^\d+$/u.test(text) ? Number(text) - firstChoice : undefined;
  const byNumber = number !== undefined && number >= 0 && number < texts.length ? number : undefined;
  const found = [
    names?.indexOf(text) ?? -1,
    typeof value === 'string' ? -1 : (byNumber ?? -1),
    texts.indexOf(valueText(value)),
    texts.indexOf(matchLabel(text, texts) ?? ''),
    /^[A-Za-z]$/u.test(text) ? text.toUpperCase().charCodeAt(0) - 65 : -1,
    byNumber ?? -1,
  ].find((position) => position >= 0 && position < texts.length);
  if (found !== undefined) return found;
  if (number === texts.length && firstChoice === 0) {
    throw new MiscountedChoices(`\`${target}\` is ${text} where there are ${texts.length} choices`);
  }
  throw rowError(
    target,
    `the text, the letter or the number (from ${firstChoice}) of one of the ${texts.length} choices`,
  );
}
