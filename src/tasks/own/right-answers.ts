import type { ResolvedTask } from '../../core/task-definition.ts';
import { type ExactDecimal, formatDecimal } from '../exact-decimal.ts';
import { choiceLetter } from '../read-letter.ts';
import { columnValue, isBlank, jsonValue, listValue, plainValue, valueText } from './column-value.ts';
import { matchLabel } from './label-spelling.ts';
import { type DecimalSign, parseNumber } from './number-text.ts';
import { choicePosition, type RowChoices } from './row-choices.ts';
import { rowError } from './row-error.ts';

/** The right answers of a row, of which the best counts; the first is shown to people and in examples. */
export interface RightAnswers {
  /** As a model should write the first one. */
  readonly shown: string;
  /** For people; mostly the same. */
  readonly expected: string;
  /** Labels, or texts. Empty where the right answer is that there is none. */
  readonly texts: readonly string[];
  /** Of choices, from 0. */
  readonly positions: readonly number[];
  readonly numbers: readonly ExactDecimal[];
  readonly json: unknown;
}

const none: RightAnswers = { shown: '', expected: '', texts: [], positions: [], numbers: [], json: undefined };

/**
 * Reads the right answers of a row.
 *
 * @throws {z.ZodError} if the target isn't of the task's kind
 * @throws {MiscountedChoices} if it counts choices from 1 where the definition doesn't
 */
export function rightAnswers(
  definition: ResolvedTask,
  values: Readonly<Record<string, unknown>>,
  choices: RowChoices | undefined,
): RightAnswers {
  const { target, answer } = definition;
  if (target === undefined) return none;
  const value = columnValue(values, target);
  if (answer === 'json') return rightJson(target, value);
  const all = (listValue(value) ?? [value]).filter((each) => !isBlank(each));
  if (all.length === 0) return noAnswer(definition, target);
  switch (answer) {
    case 'label':
      return rightTexts(all.map((each) => labelOf(definition, target, each)));
    case 'choice':
      return rightChoices(definition, all, choices ?? { texts: [], names: undefined });
    case 'number':
      return rightNumbers(definition, target, all);
    case 'text':
    case 'free':
      return rightTexts(all.map((each) => valueText(each).trim()));
  }
}

function noAnswer({ answer, unanswerable }: ResolvedTask, target: string): RightAnswers {
  if (unanswerable !== undefined) return { ...none, shown: unanswerable, expected: '(no answer)' };
  if (answer === 'free') return none;
  throw rowError(target, answer === 'text' ? 'text (or set `unanswerable`, for rows without an answer)' : 'filled in');
}

function rightTexts(texts: readonly string[]): RightAnswers {
  const first = texts[0] ?? '';
  return { ...none, shown: first, expected: first, texts };
}

function labelOf({ labels = [] }: ResolvedTask, target: string, value: unknown): string {
  const label = matchLabel(valueText(value), labels);
  if (label !== undefined) return label;
  const listed = labels.length <= 10 ? labels.join(', ') : `the ${labels.length} labels of the task`;
  throw rowError(target, `one of ${listed}`);
}

function rightChoices(definition: ResolvedTask, all: readonly unknown[], choices: RowChoices): RightAnswers {
  const positions = all.map((each) => choicePosition(definition, each, choices));
  const [first = 0] = positions;
  const shown = definition.by === 'likelihood' ? (choices.texts[first] ?? '') : choiceLetter(first);
  return { ...none, shown, expected: shown, positions };
}

/** A target may be a worked solution whose last line marks its number with `####`; examples then show all of it. */
function rightNumbers({ decimal = '.' }: ResolvedTask, target: string, all: readonly unknown[]): RightAnswers {
  const numbers = all.map((each) => numberOf(each, decimal)).filter((number) => number !== undefined);
  const [first] = numbers;
  if (first === undefined || numbers.length !== all.length) {
    const sign = decimal === ',' ? ' with a decimal comma' : '';
    throw rowError(target, `a number${sign} and nothing else but a unit (or a solution that ends with #### and one)`);
  }
  return { ...none, shown: valueText(all[0]).trim(), expected: formatDecimal(first), numbers };
}

/** Numbers of JSON have a point, whatever texts have. */
function numberOf(value: unknown, decimal: DecimalSign): ExactDecimal | undefined {
  const text = valueText(value);
  const marked = text.includes('####') ? text.slice(text.lastIndexOf('####') + 4) : text;
  return parseNumber(marked, typeof value === 'string' ? decimal : '.');
}

function rightJson(target: string, value: unknown): RightAnswers {
  if (isBlank(value)) throw rowError(target, 'JSON');
  const json = typeof value === 'string' ? jsonValue(value) : plainValue(value);
  if (json === undefined) throw rowError(target, 'JSON: an object or a list');
  const shown = JSON.stringify(json);
  return { ...none, shown, expected: shown, json };
}
