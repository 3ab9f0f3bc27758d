import { DataError, type InvalidItemError } from '../../core/errors.ts';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import type { Task } from '../../core/task.ts';
import { sha256Of } from './dataset-formats.ts';
import type { LoadedItems, LoadOptions } from './load-items.ts';
import { checked, repeatedItem } from './open-dataset.ts';
import { type OwnRow, type OwnTable, readOwnTable } from './own-table.ts';

/** Digits of a row's hash: rows that differ share them once in a hundred million tables of a million rows. */
const hashDigits = 16;

/** The same whatever the order of the columns. */
function rowHash({ values }: OwnRow): string {
  const sorted = Object.entries(values).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return sha256Of(JSON.stringify(sorted)).slice(0, hashDigits);
}

interface Identified {
  readonly row: OwnRow;
  readonly record: OwnRecord;
}

/** Rows with their ids; of rows that are the same all but the first get a number. */
function identified(rows: readonly OwnRow[], { id: column }: ResolvedTask): readonly Identified[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const { values } = row;
    if (column !== undefined) return { row, record: { id: String(values[column] ?? ''), values } };
    const hash = rowHash(row);
    const count = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, count);
    return { row, record: { id: count === 1 ? hash : `${hash}-${count}`, values } };
  });
}

interface Reading {
  readonly task: Task;
  readonly options: LoadOptions;
  /** Grows while rows are read. */
  readonly skipped: InvalidItemError[];
}

interface Parsed {
  readonly row: OwnRow;
  readonly item: unknown;
}

function skipOrThrow({ options, skipped }: Reading, error: InvalidItemError): void {
  if (options.skipInvalid !== true) throw error;
  skipped.push(error);
}

/** What the task makes of the rows, those that don't fit left out. */
function parsed(rows: readonly Identified[], reading: Reading): readonly Parsed[] {
  const items: Parsed[] = [];
  for (const [position, { row, record }] of rows.entries()) {
    const one = checked(row, row.values, () => reading.task.parse(record, position));
    if (one.invalid === undefined) items.push({ row, item: one.record });
    else skipOrThrow(reading, one.invalid);
  }
  return items;
}

function withIds(items: readonly Parsed[], reading: Reading): ReadonlyMap<string, Parsed> {
  const byId = new Map<string, Parsed>();
  for (const one of items) {
    const id = reading.task.itemId(one.item);
    const before = byId.get(id);
    if (before === undefined) byId.set(id, one);
    else skipOrThrow(reading, repeatedItem(one.row, id, before.row));
  }
  return byId;
}

/** Rows that examples are taken from, and rows that are evaluated: never the same. */
interface Split {
  readonly evaluated: readonly Identified[];
  readonly pool: readonly Identified[];
}

/** The first rows, or the first ones of each right answer in turn. */
function firstExamples(rows: readonly Identified[], count: number, own: ResolvedTask): readonly Identified[] {
  const { target, examples } = own;
  if (examples?.pick !== 'balanced' || target === undefined) return rows.slice(0, count);
  const groups = [...Map.groupBy(rows, ({ row }) => JSON.stringify(row.values[target])).values()];
  const taken: Identified[] = [];
  for (let turn = 0; taken.length < count && groups.some((group) => group.length > turn); turn += 1)
    taken.push(...groups.flatMap((group) => group[turn] ?? []).slice(0, count - taken.length));
  return taken;
}

function splitRows(table: OwnTable, examples: OwnTable | undefined, own: ResolvedTask): Split {
  const rows = identified(table.rows, own);
  if (own.examples === undefined) return { evaluated: rows, pool: [] };
  if (examples !== undefined) return { evaluated: rows, pool: identified(examples.rows, own) };
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
  const early = skipInvalid === true ? [] : (checkRows?.(rowsOf(split.evaluated), rowsOf(split.pool)) ?? []);
  const byId = withIds(parsed(split.evaluated, reading), reading);
  const pool = parsed(split.pool, reading);
  const kept = [...byId.values()];
  const files = tables.flatMap((each) => each.files);
  const names = files.map(({ path }) => path).join(', ');
  if (kept.length === 0) throw new DataError(`${names}: no rows for ${task.id}`, { hint: 'Add rows to the file.' });
  if (pool.length < wantedExamples(own)) {
    throw new DataError(
      `${names}: ${task.id} needs ${wantedExamples(own)} few-shot examples, found ${pool.length} rows`,
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
