import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import { formatDecimal } from '../exact-decimal.ts';
import { choiceLetter } from '../read-letter.ts';
import { columnValue } from './column-value.ts';
import { type RightAnswers, rightAnswers } from './right-answers.ts';
import { readChoices, type RowChoices } from './row-choices.ts';
import { readInput, type RowInput } from './row-input.ts';

/** What a row is to its task. */
export interface RowFacts {
  readonly input: RowInput;
  /** Of choice tasks. */
  readonly choices: RowChoices | undefined;
  readonly right: RightAnswers;
}

/**
 * Reads a row as its task needs it.
 *
 * @throws {z.ZodError} for a value that doesn't fit, at its column
 * @throws {MiscountedChoices} if the target counts choices from 1 where the definition doesn't
 */
export function rowFacts(definition: ResolvedTask, { values }: Pick<OwnRecord, 'values'>): RowFacts {
  const { input, choices } = definition;
  const read = choices === undefined ? undefined : readChoices(choices, values);
  return {
    input: readInput(input, columnValue(values, input)),
    choices: read,
    right: rightAnswers(definition, values, read),
  };
}

/** Every right answer of a row, for people: the first is the one that examples show. */
export function rightAnswersOf(definition: ResolvedTask, record: Pick<OwnRecord, 'values'>): readonly string[] {
  const { right, choices } = rowFacts(definition, record);
  const { expected, texts, positions, numbers } = right;
  const all = [
    ...texts,
    ...positions.map((at) => (definition.by === 'likelihood' ? (choices?.texts[at] ?? '') : choiceLetter(at))),
    ...numbers.map(formatDecimal),
  ];
  return [...new Set([expected, ...all])];
}
