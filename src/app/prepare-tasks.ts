import type { Suite } from '../core/suite.ts';
import type { Task } from '../core/task.ts';
import { ConfigError, DataError, InvalidItemError } from '../core/errors.ts';
import { itemOrder, type PlannedTask } from '../run/plan.ts';
import { loadItems, type LoadedItems } from '../sources/datasets/load-items.ts';
import { loadTasks } from '../tasks/index.ts';
import type { LocalContext, OwnTask } from './local-context.ts';
import * as z from 'zod';
import { hashJson } from '../run/content-key.ts';

interface ChosenTask {
  readonly task: Task;
  readonly limit: number | undefined;
}

/**
 * The tasks that a suite names, without their items.
 *
 * @throws {UnknownNameError | UsageError} for what is no task, or can't have so many examples
 * @throws {ConfigError} if a task is named twice
 */
export async function chooseTasks(suite: Suite, ownTasks: readonly OwnTask[] = []): Promise<readonly ChosenTask[]> {
  const chosen = new Map<string, ChosenTask>();
  for (const entry of suite.tasks) {
    const { task: name, shots, limit } = typeof entry === 'string' ? { task: entry } : entry;
    const own = ownTasks.find(({ task }) => task.id === name);
    for (const task of own === undefined ? await loadTasks(name, shots) : [own.task]) {
      if (chosen.has(task.id)) {
        throw new ConfigError({ file: 'suite', key: 'tasks' }, `the task ${task.id} is named twice`);
      }
      chosen.set(task.id, { task, limit: limit ?? suite.limit });
    }
  }
  return Array.from(chosen.values());
}

/**
 * Reads and checks the items of every task.
 *
 * @throws {DataError | InvalidItemError} if data is missing or a row doesn't fit
 */
export async function prepareTasks(
  suite: Suite,
  context: LocalContext,
  signal: AbortSignal,
): Promise<readonly PlannedTask[]> {
  const planned: PlannedTask[] = [];
  for (const { task, limit } of await chooseTasks(suite, context.ownTasks)) {
    context.onStep?.(`data of ${task.id}`);
    const dataDir = suite.dataDir ?? context.dataDir;
    const own = context.ownTasks?.find((candidate) => candidate.task === task);
    const loaded =
      own === undefined ? await loadItems(task, { dataDir, skipInvalid: suite.skipInvalid }, signal) : readOwnTask(own);
    const { items, examples, dataSha256, itemIdsSha256, files, skipped, notes } = loaded;
    const order = itemOrder(items.length, limit, suite.seed, task.id);
    planned.push({
      task,
      items,
      examples,
      order,
      facts: {
        dataSha256,
        files,
        items: items.length,
        evaluatedItems: order.length,
        itemIdsSha256,
        shots: task.shots,
        skippedRows: skipped.length,
        notes,
        firstPrompts: {},
      },
    });
  }
  return planned;
}

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
function readOwnTask(own: OwnTask): LoadedItems {
  const { task, records, exampleRecords = [] } = own;
  const items = records.map((record, position) => parseRecord(own, record, position));
  const itemIds = items.map((item) => task.itemId(item));
  if (items.length === 0) throw new DataError(`${task.id} has no items`);
  const repeated = itemIds.find((id, position) => itemIds.indexOf(id) !== position);
  if (repeated !== undefined) throw new DataError(`${task.id}: the id "${repeated}" appears twice`);
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
