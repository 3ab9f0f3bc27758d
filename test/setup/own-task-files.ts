import { readFileSync } from 'node:fs';
import * as YAML from 'yaml';
import * as z from 'zod';
import {
  type ResolvedTask,
  type TaskDefinition,
  taskDefinitionSchema,
  type TaskScore,
} from '../../src/core/task-definition.ts';
import { bothStyles, fillDefinition } from '../../src/tasks/own/fill-definition.ts';

/** Every task of a task file, as it is written. */
export function readTaskFile(path: string): readonly TaskDefinition[] {
  const content: unknown = YAML.parse(readFileSync(path, 'utf8'));
  return z.array(taskDefinitionSchema(z)).parse(Array.isArray(content) ? content : [content]);
}

/** A definition that names its columns, answer, labels and choices, with its defaults. */
export function resolveWritten(written: TaskDefinition, score?: TaskScore): ResolvedTask {
  const { answer = 'text', examples, labels, choices } = written;
  const source = (data: TaskDefinition['data']) => (typeof data === 'string' ? { path: data } : data);
  return fillDefinition(written, {
    name: written.task ?? 'own',
    data: source(written.data),
    input: written.input ?? 'input',
    target: written.target,
    answer,
    labels,
    choices,
    examples: examples && {
      from: examples.from === undefined ? undefined : source(examples.from),
      count: bothStyles(examples.count),
      pick: examples.pick ?? 'first',
    },
    score,
  });
}

/** Rows of a file of JSON lines. */
export function readJsonLines(path: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
}
