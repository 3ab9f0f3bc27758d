import { ImportError } from '../core/errors.ts';
import { namesText } from '../core/row-places.ts';
import type { OwnRecord } from '../core/task-definition.ts';
import type { OutsideAnswer } from '../formats/outside-answers.ts';
import type { PlannedTask } from '../run/plan.ts';

/** Answers by the position of their items. */
export interface MatchedAnswers {
  readonly byPosition: ReadonlyMap<number, OutsideAnswer>;
  /** Positions without an answer. */
  readonly missing: readonly number[];
  /** That says which item a row answers. */
  readonly column: string;
  /** How they were found, where it wasn't by ids. */
  readonly note: string | undefined;
  /** What a reader should doubt, one sentence each, with rows. */
  readonly doubts: readonly string[];
}

const shownRows = 5;

/** `line 4 ("x"), line 9 ("y")` */
function rowsText(rows: readonly (readonly [line: number, key: string])[]): string {
  const shown = rows.slice(0, shownRows).map(([line, key]) => `line ${line} (${JSON.stringify(key)})`);
  return [...shown, ...(rows.length > shownRows ? [`and ${rows.length - shownRows} more`] : [])].join(', ');
}

/** Ids of numbers are as good as those of texts; undefined where there is none. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

/** A column by which rows could belong to items, and what the items have there. */
interface Key {
  readonly column: string;
  readonly what: 'ids' | 'inputs';
  /** Undefined where two items have the same. */
  readonly positions: ReadonlyMap<string, number> | undefined;
}

function byText(texts: readonly (string | undefined)[]): ReadonlyMap<string, number> | undefined {
  const found = new Map<string, number>();
  for (const [position, text] of texts.entries()) {
    if (text === undefined || found.has(text)) return undefined;
    found.set(text, position);
  }
  return found;
}

/** Ids come first; the input is as good where no two items share it. */
function keysOf({ task, items }: PlannedTask, columns: readonly string[]): readonly Key[] {
  const ids = byText(items.map((item) => task.itemId(item)));
  const named = ['id', task.own?.id, 'custom_id', 'item_id', 'itemId'].filter((column) => column !== undefined);
  const keys: Key[] = [...new Set(named)].map((column) => ({ column, what: 'ids', positions: ids }));
  const input = task.own?.input;
  if (input !== undefined) {
    // Items of a task file are rows of its data.
    const inputs = items.map((item) => textOf((item as OwnRecord).values[input]));
    keys.push({ column: input, what: 'inputs', positions: byText(inputs) });
  }
  return keys.filter(({ column }) => columns.includes(column));
}

function howMany(key: Key, answers: readonly OutsideAnswer[]): number {
  return answers.filter(({ row }) => key.positions?.has(textOf(row.values[key.column]) ?? '') === true).length;
}

function noKey(file: string, { task, items }: PlannedTask, columns: readonly string[], rows: number): ImportError {
  const { own } = task;
  const or = own === undefined ? '' : `, or the column "${own.input}" with the input`;
  const order = rows === items.length ? ' As many rows as items are no proof that they are in the same order.' : '';
  return new ImportError(
    { file },
    `nothing says which row answers which item of ${task.id}; the columns are ${namesText(columns)}`,
    { hint: `Add a column "id" with ids such as ${exampleIds(task, items)}${or}.${order}` },
  );
}

function exampleIds(task: PlannedTask['task'], items: readonly unknown[]): string {
  return items
    .slice(0, 3)
    .map((item) => JSON.stringify(task.itemId(item)))
    .join(', ');
}

function noMatch(file: string, { task, items }: PlannedTask, key: Key, answers: readonly OutsideAnswer[]): ImportError {
  if (key.positions === undefined) {
    return new ImportError({ file }, `"${key.column}" can't tell the rows apart: items of ${task.id} share it`, {
      hint: `Add a column "id" with ids such as ${exampleIds(task, items)}.`,
    });
  }
  const there = answers.slice(0, 3).map(({ row }) => JSON.stringify(textOf(row.values[key.column]) ?? ''));
  const here = Array.from(key.positions.keys().take(3), (text) => JSON.stringify(text));
  return new ImportError(
    { file },
    `none of its ${answers.length} ${key.what} is one of ${task.id}: ${there.join(', ')} there, ${here.join(', ')} in the task`,
    { hint: idHint(items, key, answers) ?? 'Check that the answers are to this task and this version of its data.' },
  );
}

/** The column of the data that has most ids of the answers, where the task has others. */
function idHint(items: PlannedTask['items'], key: Key, answers: readonly OutsideAnswer[]): string | undefined {
  // Items of built-in tasks are no rows.
  const rows = items.flatMap((item) => {
    const { values } = item as Partial<OwnRecord>;
    return values === undefined ? [] : [values];
  });
  const wanted = answers.map(({ row }) => textOf(row.values[key.column]));
  const column = Object.keys(rows[0] ?? {}).find((name) => {
    const there = new Set(rows.map((values) => textOf(values[name])));
    return wanted.filter((id) => id !== undefined && there.has(id)).length > wanted.length / 2;
  });
  return column && `Its ids are in the column "${column}" of the data: set \`id: ${column}\` in a task file.`;
}

/**
 * Finds the item that each row answers: by its id, else by its input.
 *
 * @param file for messages
 * @throws {ImportError} if nothing tells, or no row belongs to any item
 */
export function matchAnswers(
  file: string,
  planned: PlannedTask,
  columns: readonly string[],
  answers: readonly OutsideAnswer[],
): MatchedAnswers {
  const keys = keysOf(planned, columns);
  const [first] = keys;
  if (first === undefined) throw noKey(file, planned, columns, answers.length);
  const key = keys.find((each) => howMany(each, answers) > 0);
  if (key?.positions === undefined) throw noMatch(file, planned, first, answers);
  const byPosition = new Map<number, OutsideAnswer>();
  const unknown: [number, string][] = [];
  const twice: [number, string][] = [];
  for (const answer of answers) {
    const text = textOf(answer.row.values[key.column]) ?? '';
    const position = key.positions.get(text);
    if (position === undefined) unknown.push([answer.row.line, text]);
    else if (byPosition.has(position)) twice.push([answer.row.line, text]);
    else byPosition.set(position, answer);
  }
  const { task } = planned;
  const leftOut = (rows: readonly (readonly [number, string])[], which: string): readonly string[] =>
    rows.length === 0 ? [] : [`${file}: left out ${rows.length} of ${answers.length} rows ${which}: ${rowsText(rows)}`];
  const doubts = [
    ...leftOut(unknown, `whose ${key.what} ${task.id} doesn't have`),
    ...leftOut(twice, 'that answer an item again'),
  ];
  const missing = planned.items.flatMap((_, position) => (byPosition.has(position) ? [] : [position]));
  const note = key.what === 'ids' ? undefined : `${file}: its rows belong to items by the column "${key.column}"`;
  return { byPosition, missing, column: key.column, note, doubts };
}
