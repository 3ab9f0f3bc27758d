import { ConfigError, DataError, InvalidItemError } from '../core/errors.ts';
import { expectedBy } from '../core/schema-issue.ts';
import type { OwnTaskFacts } from '../core/manifest.ts';
import type { Suite } from '../core/suite.ts';
import type { ResolvedTask } from '../core/task-definition.ts';
import type { Task } from '../core/task.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { itemOrder, type PlannedTask } from '../run/plan.ts';
import { loadItems } from '../sources/datasets/load-items.ts';
import type { LoadedItems } from '../sources/datasets/loaded-items.ts';
import type { OwnRow } from '../sources/datasets/own-table.ts';
import { loadTasks } from '../tasks/index.ts';
import { ownBaselines } from '../tasks/own/baselines.ts';
import { ownChance } from '../tasks/own/own-task.ts';
import { checkOwnData } from '../tasks/own/check-data.ts';
import type { TaskOrigin } from './find-tasks.ts';
import { knownTask } from './known-tasks.ts';
import type { LocalContext, OwnTask } from './local-context.ts';
import { type LoadedTask, loadOwnTask } from './own-definition.ts';
import * as z from 'zod';
import { hashJson } from '../run/content-key.ts';

interface ChosenTask {
  readonly task: Task;
  readonly limit: number | undefined;
  /** Of a task of the user's own, once its rows are read. */
  readonly withRows?: LoadedTask['withRows'];
}

type TaskOrigins = ReadonlyMap<string, TaskOrigin>;

async function tasksOf(
  entry: Suite['tasks'][number],
  ownTasks: readonly OwnTask[],
  origins: TaskOrigins,
): Promise<readonly Pick<ChosenTask, 'task' | 'withRows'>[]> {
  const { task: name, shots, definition } = typeof entry === 'string' ? { task: entry } : entry;
  if (definition !== undefined) return [await loadOwnTask(definition, name, origins.get(name)?.from)];
  const own = ownTasks.find(({ task }) => task.id === name);
  const tasks = own === undefined ? await loadTasks(name, shots) : [own.task];
  return tasks.map((task) => ({ task }));
}

/**
 * The tasks that a suite names, without their items.
 *
 * @param suite as `findTasks` leaves it
 * @throws {UnknownNameError | UsageError} for what is no task, or can't have so many examples
 * @throws {ConfigError} if a task is named twice
 */
export async function chooseTasks(
  suite: Suite,
  ownTasks: readonly OwnTask[] = [],
  origins: TaskOrigins = new Map(),
): Promise<readonly ChosenTask[]> {
  const chosen = new Map<string, ChosenTask>();
  for (const entry of suite.tasks) {
    for (const one of await tasksOf(entry, ownTasks, origins)) {
      const { id } = one.task;
      if (chosen.has(id)) throw new ConfigError({ file: 'suite', key: 'tasks' }, `the task ${id} is named twice`);
      const limit = typeof entry === 'string' ? undefined : entry.limit;
      chosen.set(id, { ...one, limit: limit ?? suite.limit });
    }
  }
  return Array.from(chosen.values());
}

/** Findings that an error lists; the rest are counted. */
const shownFindings = 10;

/**
 * What is odd about the user's rows, as sentences.
 *
 * @throws {DataError} listing what no run can be made of
 */
function checkedRows(own: ResolvedTask, rows: readonly OwnRow[], examples: readonly OwnRow[]): readonly string[] {
  const findings = checkOwnData(own, rows, examples);
  const errors = findings.filter(({ level }) => level === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const hints = new Set(errors.flatMap(({ hint }) => hint ?? []));
    // Where not all ask for the same, each says what to do itself.
    const isOneRemedy = hints.size < 2;
    const lines = errors
      .slice(0, shownFindings)
      .map(({ message, hint }) => (isOneRemedy ? message : withRemedy(message, hint)));
    const left = errors.length - lines.length;
    throw new DataError([...lines, ...(left > 0 ? [`and ${left} more`] : [])], {
      hint: isOneRemedy ? [...hints][0] : undefined,
    });
  }
  return findings.map(({ message, hint }) => withRemedy(message, hint));
}

interface ReadTask {
  readonly task: Task;
  readonly loaded: LoadedItems;
}

/** A task of the user's own, with what its rows say of it. */
function informed(own: ResolvedTask, withRows: LoadedTask['withRows'], loaded: LoadedItems): ReadTask {
  const rows = loaded.rows ?? [];
  const { accuracies, notes } = ownBaselines(own, rows);
  const task = withRows({ items: loaded.items.length, chance: ownChance(own, rows), baselines: accuracies });
  // Words alone are a comparison; what needs to know nothing of the text is what a model has to beat.
  const { words: _, ...trivial } = accuracies;
  const best = Math.max(task.chance, ...Object.values(trivial));
  return {
    task: best < 1 ? Object.freeze({ ...task, trivialAccuracy: best }) : task,
    loaded: { ...loaded, notes: [...loaded.notes, ...notes] },
  };
}

async function readTask(
  { task, withRows }: ChosenTask,
  { skipInvalid, dataDir }: Suite,
  context: LocalContext,
  signal: AbortSignal,
): Promise<ReadTask> {
  const brought = context.ownTasks?.find((candidate) => candidate.task === task);
  if (brought !== undefined) return { task, loaded: readBroughtRows(brought) };
  const { own } = task;
  const options = { dataDir: dataDir ?? context.dataDir, skipInvalid, settings: context.settings };
  if (own === undefined || withRows === undefined) return { task, loaded: await loadItems(task, options, signal) };
  const checkRows = (rows: readonly OwnRow[], examples: readonly OwnRow[]): readonly string[] =>
    checkedRows(own, rows, examples);
  return informed(own, withRows, await loadItems(task, { ...options, checkRows }, signal));
}

/** What reports need of a task that no registry has. */
async function ownFacts(task: Task, origin: TaskOrigin | undefined): Promise<OwnTaskFacts | undefined> {
  const { id, title, metric, chance, trivialAccuracy, baselines, category, kind, labels, own } = task;
  if (own === undefined && (await knownTask(id)) !== undefined) return undefined;
  return {
    title,
    metric,
    chance,
    ...(trivialAccuracy !== undefined && { trivialAccuracy }),
    ...(baselines !== undefined && { baselines }),
    category,
    kind,
    ...(labels !== undefined && { labels }),
    ...(own?.need !== undefined && { need: own.need, needFrom: origin?.from ?? own.name }),
    ...(own?.score.kind === 'module' && { scorerSha256: own.score.sha256 }),
  };
}

/**
 * Reads and checks the items of every task.
 *
 * @param suite as `findTasks` leaves it
 * @param origins what `findTasks` found out of tasks of the user's own
 * @throws {DataError | InvalidItemError} if data is missing or a row doesn't fit
 */
export async function prepareTasks(
  suite: Suite,
  context: LocalContext,
  signal: AbortSignal,
  origins: TaskOrigins = new Map(),
): Promise<readonly PlannedTask[]> {
  const planned: PlannedTask[] = [];
  for (const chosen of await chooseTasks(suite, context.ownTasks, origins)) {
    context.onStep?.(`data of ${chosen.task.id}`);
    const origin = origins.get(chosen.task.id);
    const { task, loaded } = await readTask(chosen, suite, context, signal);
    const { items, examples, dataSha256, itemIdsSha256, files, skipped, notes } = loaded;
    if (task.own !== undefined) for (const note of notes) context.onNote?.(`${origin?.from ?? task.own.name}: ${note}`);
    const order = itemOrder(items.length, chosen.limit, suite.seed, task.id);
    const own = await ownFacts(task, origin);
    planned.push({
      task,
      items,
      examples,
      order,
      facts: {
        ...(own !== undefined && { own }),
        dataSha256,
        files,
        items: items.length,
        evaluatedItems: order.length,
        itemIdsSha256,
        shots: task.shots,
        skippedRows: skipped.length,
        notes: [...(origin?.notes ?? []), ...notes],
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
    throw new InvalidItemError(at, issue === undefined ? error.message : expectedBy(issue), 'something else');
  }
}

/**
 * The items of a task that a program brings along, in the form that files are read into.
 *
 * @throws {InvalidItemError} for a row that doesn't fit
 * @throws {DataError} if there are none, or an id comes twice
 */
function readBroughtRows(own: OwnTask): LoadedItems {
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
