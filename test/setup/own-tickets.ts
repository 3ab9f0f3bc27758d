/** A task on support tickets, changed as a test needs it. */
import * as z from 'zod';
import type { OwnRecord, ResolvedTask, TaskDefinition } from '../../src/core/task-definition.ts';
import type { GenerateTask, GenerationQuestion, Task } from '../../src/core/task.ts';
import { ownTask, type OwnTaskParts } from '../../src/tasks/own/own-task.ts';
import { caught } from './caught.ts';
import { resolveWritten } from './own-task-files.ts';

export type Row = Readonly<Record<string, unknown>>;

export const tickets = {
  task: 'tickets',
  data: 'tickets.csv',
  input: 'text',
  target: 'label',
  answer: 'label',
  labels: ['billing', 'bug', 'feature request'],
} as const satisfies TaskDefinition;

export const ticket: Row = { text: 'It crashes.', label: 'bug' };

export function resolveTickets(change: Partial<TaskDefinition> = {}): ResolvedTask {
  return resolveWritten({ ...tickets, ...change });
}

export function ticketTask(change: Partial<TaskDefinition> = {}, parts: Partial<OwnTaskParts> = {}): Task {
  return ownTask(resolveTickets(change), { items: 3, ...parts });
}

/** What a row is asked. */
export function askTicket(
  change: Partial<TaskDefinition>,
  values: Row,
  examples: readonly Row[] = [],
): GenerationQuestion {
  const task = ticketTask(change) as GenerateTask;
  const parse = (each: Row, position: number): OwnRecord => task.parse(each, position) as OwnRecord;
  return task.question(parse(values, 0), examples.map(parse));
}

/** Column and expectation of the error that a row gives. */
export function rowProblem(
  change: Partial<TaskDefinition>,
  values: unknown,
  parts: Partial<OwnTaskParts> = {},
): readonly [string, string] {
  const error = caught(() => ticketTask(change, parts).parse(values, 0));
  if (!(error instanceof z.ZodError)) throw error;
  const [issue] = error.issues;
  return [issue?.path.join('.') ?? '', issue?.message ?? ''];
}
