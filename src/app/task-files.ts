import { existsSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import * as z from 'zod';
import { ConfigError, UsageError } from '../core/errors.ts';
import { type DataSource, type TaskDefinition, taskDefinitionSchema } from '../core/task-definition.ts';
import { isNeedName, needProblem } from '../core/task-needs.ts';
import { readBytes } from '../files/read-file.ts';
import { checkDocument, placeIn } from './check-document.ts';
import { decodeSettings } from './settings-text.ts';
import { absolutePath } from './task-names.ts';
import { type DocumentPath, parseSeveral, type WrittenDocument } from './written-document.ts';

/** A task of the user's own as it was written: in a task file, in a suite, or as nothing but the name of its data. */
export interface WrittenTask {
  /** Its paths are absolute. */
  readonly definition: TaskDefinition;
  /** The file that says it, for people. */
  readonly from: string;
  /** An error about one of its keys: at its place where a file has it, else about what was typed. */
  problem(path: DocumentPath, message: string, hint?: string): ConfigError | UsageError;
}

function absoluteSource(source: string | DataSource, folder: string, home?: string): DataSource {
  const { path, ...rest } = typeof source === 'string' ? { path: source } : source;
  return { path: absolutePath(path, folder, home), ...rest };
}

/** A definition whose paths are meant from a folder, with absolute ones. */
export function absoluteDefinition(written: TaskDefinition, folder: string, home?: string): TaskDefinition {
  const { data, examples, score } = written;
  const from = examples?.from;
  return {
    ...written,
    data: absoluteSource(data, folder, home),
    ...(examples !== undefined && {
      examples: { ...examples, ...(from !== undefined && { from: absoluteSource(from, folder, home) }) },
    }),
    ...(score !== undefined && { score: absoluteScore(score, folder, home) }),
  };
}

type Score = NonNullable<TaskDefinition['score']>;

function absoluteScore(score: Score, folder: string, home?: string): Score {
  if (typeof score === 'string') {
    const [, module] = /^module\s+(\S.*)$/.exec(score) ?? [];
    return module === undefined ? score : { module: absolutePath(module.trim(), folder, home) };
  }
  if ('module' in score) return { module: absolutePath(score.module, folder, home) };
  if ('json' in score && typeof score.json.schema === 'string')
    return { json: { schema: absolutePath(score.json.schema, folder, home) } };
  return score;
}

/** What a suite or a program says of a task; it has no file of its own. */
export function statedTask(definition: TaskDefinition, from: string): WrittenTask {
  return {
    definition,
    from,
    problem: ([key], message, hint) =>
      new ConfigError({ file: from, ...(key !== undefined && { key: String(key) }) }, message, { hint }),
  };
}

/** A data file alone, as the definition that says no more. */
function dataTask(path: string, shown: string): WrittenTask {
  return {
    definition: { data: { path } },
    from: shown,
    problem: (_, message, hint) => new UsageError(`${shown}: ${message}`, { hint }),
  };
}

const taskHint = 'See docs/own-tasks.md for the keys and values of a task file.';

/**
 * The tasks that a file says: those of a task file, or the one that a data file is.
 *
 * @param path absolute, or `hf:owner/name`
 * @param shown what messages call it
 * @throws {ConfigError} with every problem of a task file on a line of its own: `file:line:column: what`
 * @throws {UsageError} if there is no such file
 */
export async function readTaskFile(path: string, shown: string): Promise<readonly WrittenTask[]> {
  if (path.startsWith('hf:')) return [dataTask(path, shown)];
  if (!existsSync(path)) throw new UsageError(`no file ${shown}, and no task of that name`);
  const ending = extname(path).toLowerCase();
  const isYaml = ending === '.yaml' || ending === '.yml';
  if (statSync(path).isDirectory() || !(isYaml || ending === '.json')) return [dataTask(path, shown)];
  const { text, problem } = decodeSettings(await readBytes(path), shown);
  if (!isYaml && !saysTasks(text)) return [dataTask(path, shown)];
  if (problem !== undefined) throw problem;
  const documents = parseSeveral(text, shown, isYaml ? 'yaml' : 'json');
  if (documents.length === 0) throw new ConfigError({ file: shown }, 'the file is empty', { hint: taskHint });
  return documents.map((document) => taskOfDocument(document, dirname(path)));
}

/** Whether JSON is a task file rather than data: everything in it says where its data are. */
function saysTasks(text: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is damaged is for the reader of data to name.
    return false;
  }
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  const hasData = z.object({ data: z.union([z.string(), z.object({ path: z.string() })]) });
  return entries.length > 0 && entries.every((entry) => hasData.safeParse(entry).success);
}

function taskOfDocument(document: WrittenDocument, folder: string): WrittenTask {
  const kind = { schema: taskDefinitionSchema(z), otherwise: 'not a task', hint: taskHint };
  const written = checkDocument(document, kind);
  const problem: WrittenTask['problem'] = (path, message, hint) =>
    new ConfigError(placeIn(document, path), message, { hint });
  for (const [name, value] of Object.entries(written.need ?? {})) {
    const wrong = needProblem(name, value);
    if (wrong === undefined) continue;
    const path = ['need', name];
    const position = isNeedName(name) ? document.positionOf(path) : document.positionOfKey(path);
    const at = { file: document.file, ...position, key: path.join('.') };
    throw new ConfigError(at, wrong, { hint: taskHint });
  }
  return { definition: absoluteDefinition(written, folder), from: document.file, problem };
}
