import type { TaskDefinition } from '../../src/core/task-definition.ts';
import { inferDefinition, type InferenceDoubt, type InferredTask } from '../../src/tasks/own/infer-definition.ts';

/** Columns with their values, as a table. */
export function infer(
  columns: Readonly<Record<string, readonly unknown[]>>,
  written: Partial<TaskDefinition> = {},
  headingDoubt?: string,
): InferredTask | InferenceDoubt {
  const names = Object.keys(columns);
  const count = Math.max(...Object.values(columns).map(({ length }) => length));
  const rows = Array.from({ length: count }, (_, at) => ({
    values: Object.fromEntries(names.map((name) => [name, columns[name]?.[at]])),
  }));
  return inferDefinition({ data: 'tickets.csv', ...written }, { columns: names, rows, headingDoubt });
}

/** So many of the values, again from the first after the last. */
export const repeat = <Value>(values: readonly Value[], count: number): readonly Value[] =>
  Array.from({ length: count }, (_, at) => values[at % values.length] as Value);
/** Texts that are all different. */
export const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `Ticket ${at}: something is wrong with part ${at * 7} of it.`);
