import * as z from 'zod';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { issueText } from '../../core/schema-issue.ts';
import { randomOrder } from '../../stats/random.ts';
import { columnValue, isBlank, listValue, valueText } from './column-value.ts';
import { type RightAnswers, rightAnswers } from './right-answers.ts';
import { MiscountedChoices, readChoices, type RowChoices } from './row-choices.ts';
import { readInput } from './row-input.ts';
import { promptTemplate, trailingBreaks } from './template.ts';

/** A row of the user's data, and where it is. */
export interface CheckedRow {
  readonly file: string;
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

type Values = CheckedRow['values'];

/** What was read, or why it can't be: what was expected. */
type Read<Value> = { readonly value: Value } | { readonly fault: string; readonly isMiscounted: boolean };

/** A row as its task reads it, part by part, so that one fault hides no other. */
export interface RowParts<Row = CheckedRow> {
  readonly row: Row;
  readonly isInputBlank: boolean;
  /** The text, or the chat as a transcript. */
  readonly input: Read<string>;
  /** Undefined for tasks without choices. */
  readonly choices: Read<RowChoices> | undefined;
  /** The target says nothing. */
  readonly isTargetBlank: boolean;
  /** Undefined where there are no choices to read it by. */
  readonly right: Read<RightAnswers> | undefined;
  /** Texts of the target as they are in the file, several right answers apart. */
  readonly targetTexts: readonly string[];
}

function read<Value>(reader: () => Value): Read<Value> {
  try {
    return { value: reader() };
  } catch (error) {
    if (error instanceof MiscountedChoices) return { fault: error.message, isMiscounted: true };
    if (error instanceof z.ZodError) return { fault: issueText(error.issues[0]), isMiscounted: false };
    throw error;
  }
}

export function valueOf<Value>(part: Read<Value> | undefined): Value | undefined {
  return part !== undefined && 'value' in part ? part.value : undefined;
}

export function rowParts<Row extends { readonly values: Values }>(definition: ResolvedTask, row: Row): RowParts<Row> {
  const { values } = row;
  const { choices, target } = definition;
  const input = columnValue(values, definition.input);
  const ownChoices = choices === undefined ? undefined : read(() => readChoices(choices, values));
  const raw = target === undefined ? undefined : columnValue(values, target);
  const answers = listValue(raw) ?? [raw];
  const canReadTarget = ownChoices === undefined || 'value' in ownChoices;
  return {
    row,
    isInputBlank: isBlank(input),
    input: read(() => readInput(definition.input, input).text),
    choices: ownChoices,
    isTargetBlank: definition.answer === 'json' ? isBlank(raw) : answers.every(isBlank),
    right: canReadTarget ? read(() => rightAnswers(definition, values, valueOf(ownChoices))) : undefined,
    targetTexts: (definition.answer === 'json' ? [raw] : answers).filter((each) => !isBlank(each)).map(valueText),
  };
}

/** So many of the values, chosen by a fixed seed, in their order: every so many-th could be all of one kind. */
export function someOf<Value>(values: readonly Value[], most: number): readonly Value[] {
  if (values.length <= most) return values;
  const chosen = randomOrder(values.length, 1).slice(0, most).toSorted();
  return Array.from(chosen, (index) => values[index] as Value);
}

/**
 * What tells questions apart: the input, the choices, and every column that a prompt names.
 *
 * @returns text of a row, equal for rows that ask the same
 * @throws {ConfigError} if a prompt is no template
 */
export function questionKey(definition: ResolvedTask): (values: Values) => string {
  const columns = askedColumns(definition);
  if (columns === undefined) return (values) => JSON.stringify(without(values, definition));
  return (values) => JSON.stringify(columns.map((column) => valueText(columnValue(values, column)).trim()));
}

/** Undefined where a prompt shows whole rows. */
function askedColumns(definition: ResolvedTask): readonly string[] | undefined {
  const { input, choices, prompt, system, by } = definition;
  const texts = [prompt.plain, ...(by === 'generate' ? [prompt.chat] : []), ...(system === undefined ? [] : [system])];
  const paths = texts.flatMap(
    (text) => promptTemplate(text, { file: definition.name, key: 'prompt', trailing: trailingBreaks }).names,
  );
  const columns = paths.map(([root, part]) => (root === 'row' ? part : root));
  if (columns.some((column) => column === undefined)) return undefined;
  const named = columns.filter((column) => column !== undefined && column !== definition.id);
  return [...new Set([input, ...[choices ?? []].flat(), ...(named as string[])])];
}

function without(values: Values, { target, id }: ResolvedTask): Values {
  return Object.fromEntries(Object.entries(values).filter(([column]) => column !== target && column !== id));
}
