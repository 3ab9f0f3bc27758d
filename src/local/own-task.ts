import * as z from 'zod';
import { DataError, InvalidItemError } from '../core/errors.ts';
import { hashJson } from '../run/content-key.ts';
import type { LoadedItems } from '../sources/datasets/load-items.ts';
import type { OwnTask } from './local-context.ts';

/** Parses one row; what doesn't fit is named by its position. */
function parseRecord({ task }: OwnTask, record: unknown, position: number): unknown {
  try {
    return task.parse(record, position);
  } catch (error) {
    if (!(error instanceof z.ZodError) && !(error instanceof RangeError)) throw error;
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const at = { file: task.id, line: position + 1, key: issue?.path.join('.') ?? '' };
    throw new InvalidItemError(at, issue?.message ?? error.message, 'something else');
  }
}

/**
 * The items of a task that a program brings along, in the form that files are read into.
 *
 * @throws {InvalidItemError} for a row that doesn't fit
 * @throws {DataError} if there are none, or an id comes twice
 */
export function readOwnTask(own: OwnTask): LoadedItems {
  const { task, records, exampleRecords = [] } = own;
  const items = records.map((record, position) => parseRecord(own, record, position));
  const itemIds = items.map((item) => task.itemId(item));
  if (items.length === 0) throw new DataError(`${task.id} has no items`);
  const repeated = itemIds.find((id, position) => itemIds.indexOf(id) !== position);
  if (repeated !== undefined) throw new DataError(`${task.id}: the id "${repeated}" comes twice`);
  return {
    items,
    itemIds,
    examples: exampleRecords.map((record, position) => parseRecord(own, record, position)),
    files: [],
    dataSha256: hashJson([records, exampleRecords]),
    itemIdsSha256: hashJson(itemIds),
    skipped: [],
    notes: [],
  };
}
