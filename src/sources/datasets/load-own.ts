import { countOf } from '../../core/amount-text.ts';
import { DataError, type InvalidItemError } from '../../core/errors.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import type { Task } from '../../core/task.ts';
import { sha256Of } from './dataset-formats.ts';
import type { LoadedItems, LoadOptions } from './loaded-items.ts';
import { checked, repeatedItem } from './open-dataset.ts';
import { type OwnRow, type OwnTable, readOwnTable, rowsLeftOut } from './own-table.ts';

interface Reading {
  readonly task: Task;
  readonly options: LoadOptions;
  /** Grows while rows are read. */
  readonly skipped: InvalidItemError[];
}

interface Parsed {
  readonly row: OwnRow;
  readonly item: OwnRecord;
}

function skipOrThrow({ options, skipped }: Reading, error: InvalidItemError): void {
  if (options.skipInvalid !== true) throw error;
  skipped.push(error);
}

/** Examples need no ids: nobody asks them. */
function withExampleIds({ columns, rows }: OwnTable, { id }: ResolvedTask): readonly OwnRow[] {
  if (id === undefined || columns.includes(id.split('.')[0] ?? '')) return rows;
  return rows.map((row, index) => ({ ...row, values: { ...row.values, [id]: `example ${index + 1}` } }));
}

/** What the task makes of the rows, those that don't fit left out. */
function parsed(rows: readonly OwnRow[], reading: Reading): readonly Parsed[] {
  const items: Parsed[] = [];
  for (const [position, row] of rows.entries()) {
    const one = checked(row, row.values, () => reading.task.parse(row.values, position));
    // A task of the user's own makes such records of its rows.
    if (one.invalid === undefined) items.push({ row, item: one.record as OwnRecord });
    else skipOrThrow(reading, one.invalid);
  }
  return items;
}

/** Items by their ids. Rows that are the same are so many items; a column of ids must tell all apart. */
function withIds(
  items: readonly Parsed[],
  { id: column }: ResolvedTask,
  reading: Reading,
): ReadonlyMap<string, Parsed> {
  const byId = new Map<string, Parsed>();
  const counts = new Map<string, number>();
  for (const { row, item } of items) {
    const before = byId.get(item.id);
    if (before === undefined) {
      byId.set(item.id, { row, item });
    } else if (column === undefined) {
      const count = (counts.get(item.id) ?? 1) + 1;
      counts.set(item.id, count);
      const id = `${item.id}-${count}`;
      byId.set(id, { row, item: { ...item, id } });
    } else {
      skipOrThrow(reading, repeatedItem(row, item.id, before.row));
    }
  }
  return byId;
}

/** Rows that examples are taken from, and rows that are evaluated: never the same. */
interface Split<Row> {
  readonly evaluated: readonly Row[];
  readonly pool: readonly Row[];
}

type Values = OwnRow['values'];

/** The first rows, or the first ones of each right answer in turn. */
function firstExamples<Row>(
  rows: readonly Row[],
  count: number,
  { target, examples }: ResolvedTask,
  valuesOf: (row: Row) => Values,
): readonly Row[] {
  if (examples?.pick !== 'balanced' || target === undefined) return rows.slice(0, count);
  const groups = [...Map.groupBy(rows, (row) => labelOf(valuesOf(row)[target])).values()];
  const taken: Row[] = [];
  for (let turn = 0; taken.length < count && groups.some((group) => group.length > turn); turn += 1)
    taken.push(...groups.flatMap((group) => group[turn] ?? []).slice(0, count - taken.length));
  return taken;
}

/** A label whatever its spelling, as far as a file shows it. */
function labelOf(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.trim().toLowerCase() : value);
}

/** @param examples rows of a file of their own; undefined where they are the first of the data */
function splitRows<Row>(
  rows: readonly Row[],
  examples: readonly Row[] | undefined,
  own: ResolvedTask,
  valuesOf: (row: Row) => Values,
): Split<Row> {
  if (own.examples === undefined) return { evaluated: rows, pool: [] };
  if (examples !== undefined) return { evaluated: rows, pool: examples };
  const pool = firstExamples(rows, wantedExamples(own), own, valuesOf);
  const taken = new Set(pool);
  return { evaluated: rows.filter((row) => !taken.has(row)), pool };
}

function wantedExamples({ examples }: ResolvedTask): number {
  return Math.max(examples?.count.plain ?? 0, examples?.count.chat ?? 0);
}

/** Refuses a file of examples without a column that the task needs of them. */
function requireColumns({ columns, files }: OwnTable, own: ResolvedTask): void {
  const needed = [own.input, own.target ?? [], own.choices ?? []].flat();
  // `choices.text` is a part of what column `choices` holds.
  const missing = needed.filter((name) => !columns.includes(name) && !columns.includes(name.split('.')[0] ?? ''));
  if (missing.length === 0) return;
  const named = missing.map((name) => `"${name}"`).join(', ');
  throw new DataError(`${namesOf(files)}: the examples have no column ${named}; their columns: ${columns.join(', ')}`, {
    hint: `Name the columns as in ${own.data.path}.`,
  });
}

function namesOf(files: OwnTable['files']): string {
  return files.map(({ path }) => path).join(', ');
}

/** Why nothing is left to ask. */
function nothingLeft(names: string, task: Task, { skipped, pool, rows }: NothingLeft): DataError {
  if (pool === 0) {
    const [first] = skipped;
    return new DataError(`${names}: no rows for ${task.id}; all ${rows} were left out, the first: ${first?.message}`, {
      hint: 'Repair the rows, or name the columns that hold the input and the right answer.',
    });
  }
  const all = skipped.length === 0 ? `all ${rows} rows` : `all ${pool} rows that are not left out`;
  return new DataError(`${names}: ${all} would be examples, so that none is left to ask`, {
    hint: 'Lower examples.count, or take the examples from another file with examples.from.',
  });
}

interface NothingLeft {
  readonly skipped: readonly InvalidItemError[];
  /** Rows that are examples. */
  readonly pool: number;
  /** Of the file. */
  readonly rows: number;
}

/**
 * The items of a task of the user's own.
 *
 * @param own what its task file says
 * @throws {DataError} if data are missing, damaged, empty or too few, or `checkRows` refuses them
 * @throws {InvalidItemError} for a row that doesn't fit or whose id was there before, unless these are skipped
 */
export async function loadOwnItems(
  task: Task,
  own: ResolvedTask,
  options: LoadOptions,
  signal: AbortSignal,
): Promise<LoadedItems> {
  const skipped: InvalidItemError[] = [];
  const reading = { task, options, skipped };
  const { settings, skipInvalid, checkRows } = options;
  const from = own.examples?.from;
  const read = { settings, skipInvalid, signal };
  const table = await readOwnTable(own.data, read);
  const examplesTable = from === undefined ? undefined : await readOwnTable(from, read);
  if (examplesTable !== undefined) requireColumns(examplesTable, own);
  const tables = examplesTable === undefined ? [table] : [table, examplesTable];
  // All that is wrong is told at once; rows that are to be skipped are first left out.
  const exampleRows = examplesTable && withExampleIds(examplesTable, own);
  const given = splitRows(table.rows, exampleRows, own, ({ values }) => values);
  const early = skipInvalid === true ? [] : (checkRows?.(given.evaluated, given.pool) ?? []);
  const items = parsed(table.rows, reading);
  const examples = exampleRows && parsed(exampleRows, reading);
  const { evaluated, pool } = splitRows(items, examples, own, ({ row }) => row.values);
  const byId = withIds(evaluated, own, reading);
  const kept = [...byId.values()];
  const files = tables.flatMap((each) => each.files);
  const names = namesOf(files);
  if (kept.length === 0) {
    const ownPool = examplesTable === undefined ? pool.length : 0;
    throw nothingLeft(names, task, { skipped, pool: ownPool, rows: table.rows.length });
  }
  if (pool.length < wantedExamples(own)) {
    throw new DataError(
      `${names}: ${task.id} needs ${countOf(wantedExamples(own), 'few-shot example')}, found ${countOf(pool.length, 'row')}`,
    );
  }
  const rowsOf = (some: readonly Parsed[]): readonly OwnRow[] => some.map(({ row }) => row);
  const late = skipInvalid === true ? (checkRows?.(rowsOf(kept), rowsOf(pool)) ?? []) : [];
  const itemIds = [...byId.keys()];
  const content = [...kept, 'examples', ...pool].map((one) => JSON.stringify(typeof one === 'string' ? one : one.item));
  return {
    items: kept.map(({ item }) => item),
    itemIds,
    examples: pool.map(({ item }) => item),
    files,
    dataSha256: sha256Of(content.join('\n')),
    itemIdsSha256: sha256Of(itemIds.join('\n')),
    skipped,
    notes: [
      ...tables.flatMap(({ notes, warnings }) => [...notes, ...warnings]),
      ...rowsLeftOut(skipped),
      ...early,
      ...late,
    ],
    rows: rowsOf(kept),
  };
}
