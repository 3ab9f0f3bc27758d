import { relative } from 'node:path';
import { ConfigError, UsageError } from '../core/errors.ts';
import { shortList } from '../core/row-places.ts';
import type { Suite } from '../core/suite.ts';
import type { ResolvedTask, TaskDefinition } from '../core/task-definition.ts';
import { hashJson } from '../run/content-key.ts';
import { type OwnTableOptions, readOwnTable } from '../sources/datasets/own-table.ts';
import { ownTaskId } from '../tasks/own/own-task.ts';
import { unusedColumns } from '../tasks/own/unused-columns.ts';
import { inferTask } from './infer-task.ts';
import type { LocalContext } from './local-context.ts';
import { settleTask, storedDefinition } from './own-definition.ts';
import { absoluteDefinition, readTaskFile, statedTask, type WrittenTask } from './task-files.ts';
import { checkTaskName, isOwnId, taskPath } from './task-names.ts';

type Entry = Suite['tasks'][number];
type EntrySettings = Exclude<Entry, string>;

/** What was found out about a task of the user's own before its data were read for the run. */
export interface TaskOrigin {
  /** The file that says it, for people. */
  readonly from: string;
  /** What was inferred and from what, one sentence each. */
  readonly notes: readonly string[];
  /** Rows that nothing was inferred from, since they are damaged, with file and line; who reads the items says so again. */
  readonly leftOut: readonly string[];
}

export interface FoundTasks {
  readonly suite: Suite;
  /** By task id. */
  readonly origins: ReadonlyMap<string, TaskOrigin>;
  /** The tasks of the user's own, those that were stored aside. */
  readonly resolved: readonly ResolvedTask[];
}

export interface FindTasksOptions {
  /** Share of the rows of each own task that is evaluated, rounded up. */
  readonly limitShare?: number | undefined;
}

interface FoundTask {
  readonly entry: EntrySettings;
  readonly resolved: ResolvedTask;
  readonly origin: TaskOrigin;
}

const settingsOf = (entry: Entry): EntrySettings => (typeof entry === 'string' ? { task: entry } : entry);

function shownPath(path: string, folder: string): string {
  const short = relative(folder, path);
  return path.startsWith('hf:') || short === '' || short.startsWith('..') ? path : short;
}

/** The keys of an entry that stand above what a task file says. */
function overridden({ input, target, answer, shots }: EntrySettings, written: TaskDefinition): TaskDefinition {
  const { examples } = written;
  return {
    ...written,
    ...(input !== undefined && { input }),
    ...(target !== undefined && { target }),
    ...(answer !== undefined && { answer }),
    ...(shots !== undefined && { examples: { ...examples, count: shots } }),
  };
}

async function writtenTasks(
  { task: name, definition }: EntrySettings,
  context: LocalContext,
): Promise<readonly WrittenTask[]> {
  const { workingFolder } = context;
  if (definition !== undefined)
    return [statedTask({ task: name, ...absoluteDefinition(definition, workingFolder) }, `task ${name}`)];
  await checkTaskName(name, workingFolder);
  const path = taskPath(name, workingFolder);
  if (path === undefined) throw new Error(`${name} is no file`);
  return readTaskFile(path, shownPath(path, workingFolder));
}

async function findTask(
  task: WrittenTask,
  settings: EntrySettings,
  context: LocalContext,
  { skipInvalid }: Suite,
  { limitShare }: FindTasksOptions,
  signal: AbortSignal,
): Promise<FoundTask> {
  // What the definition says from now on.
  const { definition: _, input: _input, target: _target, answer: _answer, shots: _shots, ...entry } = settings;
  const { data } = task.definition;
  const source = typeof data === 'string' ? { path: data } : data;
  context.onStep?.(`columns of ${task.from}`);
  const reading = { settings: context.settings, skipInvalid, signal };
  const table = await readOwnTable(source, reading);
  const { rows, found } = await inferTask(task, table, context, skipInvalid);
  const { notes, ...settled } = found;
  const resolved = await withExampleRows(task, await settleTask(task, settled, table), reading);
  const limit =
    limitShare === undefined ? entry.limit : Math.ceil(limitShare * Math.max(1, rows - examplesInData(resolved)));
  return {
    entry: {
      ...entry,
      ...(limit !== undefined && { limit }),
      task: ownTaskId(resolved),
      definition: storedDefinition(resolved),
    },
    resolved,
    origin: {
      from: task.from,
      notes: [...notes, ...unusedNotes(resolved, table.columns)],
      leftOut: table.leftOut,
    },
  };
}

/** Columns that a reader may think are shown. */
function unusedNotes(resolved: ResolvedTask, columns: readonly string[]): readonly string[] {
  const unused = unusedColumns(resolved, columns).map((name) => `\`${name}\``);
  return unused.length === 0 ? [] : [`not in the prompt: ${shortList(unused, shownColumns)}`];
}

const shownColumns = 8;

/** Examples of another file stand in every prompt: other rows make another task. */
async function withExampleRows(
  task: WrittenTask,
  resolved: ResolvedTask,
  reading: OwnTableOptions,
): Promise<ResolvedTask> {
  const { examples } = resolved;
  if (examples?.from === undefined) return resolved;
  const { rows } = await readOwnTable(examples.from, reading);
  const sha256 = hashJson(rows.map(({ values }) => values));
  if (examples.sha256 !== undefined && examples.sha256 !== sha256) {
    throw task.problem(['examples', 'sha256'], `examples.sha256: the rows of ${examples.from.path} have ${sha256}`);
  }
  return { ...resolved, examples: { ...examples, sha256 } };
}

/** Rows that are examples, and not evaluated. */
function examplesInData({ examples }: ResolvedTask): number {
  return examples === undefined || examples.from !== undefined
    ? 0
    : Math.max(examples.count.plain, examples.count.chat);
}

/** Two tasks of one name could not be told apart in tables, nor by their files. */
function checkNames(found: readonly FoundTask[]): void {
  const seen = new Map<string, FoundTask>();
  for (const task of found) {
    const { name, data } = task.resolved;
    const before = seen.get(name);
    seen.set(name, task);
    if (before === undefined) continue;
    if (before.entry.task === task.entry.task && before.resolved.data.path === data.path) {
      const files = [before.origin.from, task.origin.from];
      const what =
        files[0] === files[1] ? `the task ${files[0]} is named twice` : `${files.join(' and ')} are the same task`;
      throw new ConfigError({ file: 'suite', key: 'tasks' }, what, { hint: 'Leave one of them out.' });
    }
    throw new ConfigError(
      { file: 'suite', key: 'tasks' },
      `two tasks have the name ${name}: ${before.resolved.data.path} and ${data.path}`,
      { hint: 'Give each a name of its own with `task:` in a task file (perbench init task writes one).' },
    );
  }
}

/** Columns and kinds of answers are those of data files: perbench's own tasks have theirs. */
function checkBuiltIn({ task, input, target, answer }: EntrySettings): void {
  const given = Object.entries({ input, target, answer }).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (given.length === 0) return;
  throw new UsageError(`${given.join(', ')}: only for data of your own, but ${task} is a built-in task`, {
    hint: `Leave out ${given.map((key) => `--${key}`).join(', ')}.`,
  });
}

/**
 * The suite with tasks that leave nothing open: task files and data files are read, and what they don't say is inferred
 * from the data or asked. Tasks of perbench, of the program that runs it, and those that a run has stored stay as they are.
 *
 * @throws {UnknownNameError | UsageError} for what is neither a task nor a file, and for doubts that nobody settles
 * @throws {ConfigError} for what is wrong in a task file, and if two tasks have one name
 * @throws {DataError | InvalidItemError} for data that can't be read
 */
export async function findTasks(
  suite: Suite,
  context: LocalContext,
  signal: AbortSignal,
  options: FindTasksOptions = {},
): Promise<FoundTasks> {
  const tasks: Entry[] = [];
  const found: FoundTask[] = [];
  for (const entry of suite.tasks) {
    const settings = settingsOf(entry);
    const { task: name, definition } = settings;
    const isStored = definition !== undefined && isOwnId(name);
    const isGiven = definition === undefined && context.ownTasks?.some(({ task }) => task.id === name) === true;
    const isFile = definition !== undefined || taskPath(name, context.workingFolder) !== undefined;
    if (isStored || isGiven || !isFile) {
      if (!isStored && !isGiven) await checkTaskName(name, context.workingFolder);
      if (!isStored) checkBuiltIn(settings);
      tasks.push(entry);
      continue;
    }
    for (const written of await writtenTasks(settings, context)) {
      const task = { ...written, definition: overridden(settings, written.definition) };
      const one = await findTask(task, settings, context, suite, options, signal);
      found.push(one);
      tasks.push(one.entry);
    }
  }
  checkNames(found);
  for (const { origin } of found) for (const note of origin.notes) context.onNote?.(`${origin.from}: ${note}`);
  return {
    suite: { ...suite, tasks },
    origins: new Map(found.map(({ entry, origin }) => [entry.task, origin])),
    resolved: found.map(({ resolved }) => resolved),
  };
}
