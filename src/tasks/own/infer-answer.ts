import { countOf } from '../../core/amount-text.ts';
import type { AnswerKind } from '../../core/task-definition.ts';
import { type ColumnFacts, jsonOf, valueText, wordsOf } from './column-facts.ts';
import { labelSpellings, type LabelSpelling } from './label-spelling.ts';
import { isNumberText } from './number-text.ts';

/** The kind of answer that a target column asks for, or those that it may be. */
export interface InferredAnswer {
  /** One where the values tell, several where only the user can. */
  readonly kinds: readonly [AnswerKind, ...AnswerKind[]];
  /** Why, as a phrase. */
  readonly because: string;
}

/** Names of columns that hold one of a few labels, however many rows there are. */
const labelWords: ReadonlySet<string> = new Set(
  'label labels category class intent sentiment topic tag type department'.split(' '),
);

/** More labels than a prompt can list for long. */
const manyLabels = 100;
/** A larger share of distinct values is no set of labels without being asked, whatever its column is called. */
const fewEnough = 0.75;
/** Of so few rows most may well be the first of their label. */
const tooFewToTell = 6;
/** A column with so large a share of numbers is one of numbers, in which some rows are damaged. */
const mostlyNumbers = 0.8;
const longestLabel = 60;
const mostWords = 6;

/** Right answers of all rows, those of rows with several of them one by one. */
function rightAnswers({ values }: ColumnFacts): readonly unknown[] {
  return values.flatMap((value) => (Array.isArray(value) && value.every(isScalar) ? (value as unknown[]) : [value]));
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

export function labelsOf(column: ColumnFacts): readonly LabelSpelling[] {
  return labelSpellings(rightAnswers(column).map(valueText));
}

function isShort(text: string): boolean {
  return text.trim().length <= longestLabel && text.trim().split(/\s+/).length <= mostWords;
}

const counted = (count: number, of: number): string => `${countOf(count, 'distinct value')} in ${countOf(of, 'row')}`;

/** @param column with at least one value */
export function inferAnswer(column: ColumnFacts): InferredAnswer {
  const answers = rightAnswers(column);
  if (answers.every((value) => jsonOf(value) !== undefined)) return { kinds: ['json'], because: 'all are JSON' };
  const texts = answers.map(valueText);
  const labels = labelsOf(column);
  const rows = column.values.length;
  const distinct = labels.length;
  const because = counted(distinct, rows);
  const isFew = texts.length < tooFewToTell || distinct <= fewEnough * texts.length;
  const isNamed = isFew && wordsOf(column.name).some((word) => labelWords.has(word));
  const areShort = texts.every(isShort);
  // Half of the values repeated: 2 labels in 3 rows, 20 in 40.
  const areRepeated = distinct < texts.length && (distinct <= texts.length / 2 || texts.length < tooFewToTell);
  if (texts.every(isNumberText)) return numberOrLabel(texts, { distinct, isNamed, areRepeated, because });
  const numbers = texts.filter(isNumberText).length;
  if (!areRepeated && numbers >= mostlyNumbers * texts.length)
    return { kinds: ['number', 'text'], because: `numbers in ${numbers} of ${texts.length} rows` };
  if (!areShort) return { kinds: ['text'], because: 'texts of several words' };
  if (areRepeated && distinct <= (texts.length >= 5 * distinct ? 2 * manyLabels : manyLabels / 2))
    return { kinds: ['label'], because };
  if (isNamed && distinct <= manyLabels) return { kinds: ['label'], because: `${because}, and its name` };
  if (distinct > manyLabels) return { kinds: ['text'], because };
  return { kinds: ['label', 'text'], because };
}

interface NumberFacts {
  readonly distinct: number;
  readonly isNamed: boolean;
  readonly areRepeated: boolean;
  readonly because: string;
}

/** Numbers may be codes of labels, such as 0 and 1, or one to five stars. */
function numberOrLabel(texts: readonly string[], facts: NumberFacts): InferredAnswer {
  const { distinct, isNamed, areRepeated, because } = facts;
  const areCodes = texts.every((text) => /^-?\d{1,2}$/.test(text.trim()));
  if (!areCodes) return { kinds: ['number'], because: 'all are numbers' };
  if (areRepeated && distinct <= 10) return { kinds: ['label'], because };
  if (isNamed && distinct <= 30) return { kinds: ['label'], because: `${because}, and its name` };
  if (distinct > 20) return { kinds: ['number'], because: `${because}, all numbers` };
  return { kinds: ['number', 'label'], because };
}
