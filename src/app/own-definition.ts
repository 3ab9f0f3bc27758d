import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, UsageError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import type { DataSource, ResolvedTask, TaskDefinition, TaskScore } from '../core/task-definition.ts';
import type { Task } from '../core/task.ts';
import { readBytes } from '../files/read-file.ts';
import { ifThere } from '../files/if-there.ts';
import type { OwnTable } from '../sources/datasets/own-table.ts';
import { checkPrompts } from '../tasks/own/check-prompts.ts';
import { bothStyles, fillDefinition, type KnownOfTask } from '../tasks/own/fill-definition.ts';
import { compileSchema, type JsonSchema } from '../tasks/own/json-schema.ts';
import { type OwnScorer, ownTask, ownTaskId, type OwnTaskParts } from '../tasks/own/own-task.ts';
import { openScorer } from './own-scorer/open-scorer.ts';
import { settingsText } from './settings-text.ts';
import { statedTask, type WrittenTask } from './task-files.ts';
import { nameOfData } from './task-names.ts';

/** What is settled once columns, kind of answer and labels are: all that data can say. */
export type SettledTask = Pick<
  ResolvedTask,
  'input' | 'target' | 'answer' | 'labels' | 'choices' | 'firstChoice' | 'decimal'
> &
  Pick<KnownOfTask, 'context'> & { readonly id?: string | undefined };

function sourceOf(data: string | DataSource): DataSource {
  return typeof data === 'string' ? { path: data } : data;
}

/** Where a path leads, links followed; the path itself where nothing is there. */
async function realPath(path: string): Promise<string> {
  return path.startsWith('hf:') ? path : ((await ifThere(realpath(path))) ?? resolve(path));
}

/** Whether two sources name the same rows, however they are to be read. */
async function isSameData(one: DataSource, other: DataSource): Promise<boolean> {
  const [first, second] = await Promise.all([realPath(one.path), realPath(other.path)]);
  const keys = ['config', 'split', 'revision'] as const;
  return first === second && keys.every((key) => one[key] === other[key]);
}

/** Examples from the data itself are those of no `from`: rows that aren't evaluated. */
async function examplesOf({ examples, data }: TaskDefinition): Promise<ResolvedTask['examples']> {
  if (examples === undefined) return undefined;
  const { pick = 'first', sha256 } = examples;
  const count = bothStyles(examples.count);
  if (count.plain === 0 && count.chat === 0) return undefined;
  const from = examples.from === undefined ? undefined : sourceOf(examples.from);
  const isOther = from !== undefined && !(await isSameData(from, sourceOf(data)));
  return { from: isOther ? from : undefined, count, pick, ...(isOther && sha256 !== undefined && { sha256 }) };
}

async function contentOf(task: WrittenTask, path: string): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readBytes(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw task.problem(['score'], `score: ${path}: ${systemErrorWords(error)}`);
  }
}

async function readSchema(task: WrittenTask, path: string): Promise<JsonSchema> {
  const text = settingsText(await contentOf(task, path), path);
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw task.problem(['score'], `score: ${path} is not valid JSON: ${String(error)}`);
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema;
  throw task.problem(['score'], `score: ${path} is not a JSON schema: expected keys and values`);
}

/** A schema that can be used: what is wrong with it is said now, not at the first answer. */
async function jsonSchema(task: WrittenTask, written: string | JsonSchema): Promise<JsonSchema> {
  const schema = typeof written === 'string' ? await readSchema(task, written) : written;
  try {
    compileSchema(schema);
    return schema;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const place = typeof written === 'string' ? written : 'schema';
    throw task.problem(['score'], `score: ${place}: ${error.message.replace(/^schema: /u, '')}`);
  }
}

/** The scorer that a definition names, where that takes other files. Paths in it are absolute. */
async function scoreOfFiles(task: WrittenTask): Promise<TaskScore | undefined> {
  const { score } = task.definition;
  if (score === undefined || typeof score === 'string') return undefined;
  if ('json' in score) return { kind: 'json', schema: await jsonSchema(task, score.json.schema) };
  if (!('module' in score)) return undefined;
  const sha256 = createHash('sha256')
    .update(await contentOf(task, score.module))
    .digest('hex');
  return { kind: 'module', path: score.module, sha256 };
}

/** Errors about a key of a definition, at the place of that key in its file. */
async function atPlace<Value>(task: WrittenTask, make: () => Value): Promise<Value> {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigError) || error.at.key === undefined) throw error;
    const path = error.at.key.split('.');
    throw task.problem(path, error.message.replace(`${task.from}: `, ''), error.hint);
  }
}

/**
 * A definition with nothing left open.
 *
 * @param task with absolute paths
 * @param table the data, where they were read
 * @throws {ConfigError | UsageError} for settings that don't go together, files of scorers that can't be read, and prompts
 *   that can't be rendered for the first row
 */
export async function settleTask(
  task: WrittenTask,
  settled: SettledTask,
  table?: Pick<OwnTable, 'columns' | 'rows'>,
): Promise<ResolvedTask> {
  const { definition, from } = task;
  const data = sourceOf(definition.data);
  const score = await scoreOfFiles(task);
  const known: KnownOfTask = {
    name: definition.task ?? nameOfData(data.path),
    data,
    ...settled,
    examples: await examplesOf(definition),
    ...(score !== undefined && { score }),
  };
  return atPlace(task, () => {
    const resolved = fillDefinition(definition, known, from);
    // Prompts that name no column are found now, not at the first row.
    ownTask(resolved, { items: 0, file: from, columns: table?.columns, scorer: noScorer });
    if (table !== undefined) checkPrompts(resolved, from, table.rows);
    return resolved;
  });
}

/** Stands in while only prompts are checked. */
const noScorer: OwnScorer = () => 0;

function writtenScore(score: TaskScore): TaskDefinition['score'] {
  switch (score.kind) {
    case 'number':
      return { number: { tolerance: score.tolerance } };
    case 'regex':
      return { regex: score.pattern };
    case 'json':
      return score.schema === undefined ? 'json' : { json: { schema: score.schema } };
    case 'module':
      return { module: score.path };
    default:
      return score.kind;
  }
}

/** A definition with nothing left open as a suite stores it: read again, it asks nothing. */
export function storedDefinition({ name, examples, score, maxTokens, stop, ...rest }: ResolvedTask): TaskDefinition {
  // What is scored by likelihood generates nothing, and is refused with a limit on what it generates.
  const generated = rest.by === 'likelihood' ? {} : { maxTokens, stop };
  return { task: name, ...rest, ...generated, examples, score: writtenScore(score) };
}

/** A task that was settled before, and how to make it again with what its rows say. */
export interface LoadedTask {
  readonly task: Task;
  readonly withRows: (parts: Pick<OwnTaskParts, 'items' | 'chance' | 'baselines'>) => Task;
}

/**
 * The task of a definition that was settled before, without its items.
 *
 * @param id that it has in its suite
 * @param file where it was written, for errors; by default its name
 * @throws {UsageError} if what it says has another id now
 */
export async function loadOwnTask(definition: TaskDefinition, id: string, file?: string): Promise<LoadedTask> {
  const { input, target, answer, labels, choices } = definition;
  if (input === undefined || answer === undefined) throw new Error(`${id} was not settled`);
  const settled = { input, target, answer, labels, choices };
  const resolved = await settleTask(statedTask(definition, id), settled);
  const now = ownTaskId(resolved);
  if (now !== id) {
    throw new UsageError(`${id} is another task now, ${now}: what perbench adds to its definition has changed`, {
      hint: 'Start a new run: scores of two definitions are not those of one task.',
    });
  }
  const scorer = resolved.score.kind === 'module' ? await openScorer(resolved.score.path) : undefined;
  const withRows: LoadedTask['withRows'] = (parts) => ownTask(resolved, { ...parts, scorer, file });
  return { task: withRows({ items: 0 }), withRows };
}
