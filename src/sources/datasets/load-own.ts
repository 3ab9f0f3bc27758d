import { countOf } from '../../core/amount-text.ts';
import { DataError, type InvalidItemError } from '../../core/errors.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import type { Task } from '../../core/task.ts';
import { sha256Of } from './dataset-formats.ts';
import type { LoadedItems, LoadOptions } from './loaded-items.ts';
import { checked, repeatedItem } from './open-dataset.ts';
import { type OwnRow, type OwnTable, readOwnTable } from './own-table.ts';

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
interface Split {
  readonly evaluated: readonly OwnRow[];
  readonly pool: readonly OwnRow[];
}

/** The first rows, or the first ones of each right answer in turn. */
function firstExamples(rows: readonly OwnRow[], count: number, own: ResolvedTask): readonly OwnRow[] {
  const { target, examples } = own;
  if (examples?.pick !== 'balanced' || target === undefined) return rows.slice(0, count);
  const groups = [...Map.groupBy(rows, ({ values }) => labelOf(values[target])).values()];
  const taken: OwnRow[] = [];
  for (let turn = 0; taken.length < count && groups.some((group) => group.length > turn); turn += 1)
    taken.push(...groups.flatMap((group) => group[turn] ?? []).slice(0, count - taken.length));
  return taken;
}

/** A label whatever its spelling, as far as a file shows it. */
function labelOf(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.trim().toLowerCase() : value);
}

function splitRows({ rows }: OwnTable, examples: OwnTable | undefined, own: ResolvedTask): Split {
  if (own.examples === undefined) return { evaluated: rows, pool: [] };
  if (examples !== undefined) return { evaluated: rows, pool: examples.rows };
  const pool = firstExamples(rows, wantedExamples(own), own);
  const taken = new Set(pool);
  return { evaluated: rows.filter((row) => !taken.has(row)), pool };
}

function wantedExamples({ examples }: ResolvedTask): number {
  return Math.max(examples?.count.plain ?? 0, examples?.count.chat ?? 0);
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
  const tables = examplesTable === undefined ? [table] : [table, examplesTable];
  const split = splitRows(table, examplesTable, own);
  const rowsOf = (some: readonly { readonly row: OwnRow }[]): readonly OwnRow[] => some.map(({ row }) => row);
  // All that is wrong is told at once; rows that are to be skipped are first left out.
  const early = skipInvalid === true ? [] : (checkRows?.(split.evaluated, split.pool) ?? []);
  const byId = withIds(parsed(split.evaluated, reading), own, reading);
  const pool = parsed(split.pool, reading);
  const kept = [...byId.values()];
  const files = tables.flatMap((each) => each.files);
  const names = files.map(({ path }) => path).join(', ');
  if (kept.length === 0) throw new DataError(`${names}: no rows for ${task.id}`, { hint: 'Add rows to the file.' });
  if (pool.length < wantedExamples(own)) {
    throw new DataError(
      `${names}: ${task.id} needs ${countOf(wantedExamples(own), 'few-shot example')}, found ${countOf(pool.length, 'row')}`,
    );
  }
  const late = skipInvalid === true ? (checkRows?.(rowsOf(kept), rowsOf(pool)) ?? []) : [];
  const items = kept.map(({ item }) => item);
  const itemIds = [...byId.keys()];
  const content = [...kept, 'examples', ...pool].map((one) => JSON.stringify(typeof one === 'string' ? one : one.item));
  return {
    items,
    itemIds,
    examples: pool.map(({ item }) => item),
    files,
    dataSha256: sha256Of(content.join('\n')),
    itemIdsSha256: sha256Of(itemIds.join('\n')),
    skipped,
    notes: [...tables.flatMap(({ notes, warnings }) => [...notes, ...warnings]), ...early, ...late],
    rows: rowsOf(kept),
  };
}
