import type { ResolvedTask } from '../../core/task-definition.ts';
import type { ItemScore, Task } from '../../core/task.ts';

/** A scorer of the user's own: the default export of a module. */
export type OwnScorer = (
  output: string,
  row: Readonly<Record<string, unknown>>,
) => number | boolean | (Pick<ItemScore, 'value'> & Partial<ItemScore>);

/** What a definition needs beside itself to become a task. */
export interface OwnTaskParts {
  /** Rows that are evaluated. */
  readonly items: number;
  /** Of `score: module`. */
  readonly scorer?: OwnScorer | undefined;
}

/** `tickets/own@` and eight digits of a hash of what the definition says, names and places aside. */
export function ownTaskId(definition: ResolvedTask): string {
  return `${definition.name}/own@00000000`;
}

/**
 * The task that a definition describes; its items are `OwnRecord`s.
 *
 * @throws {ConfigError} for a prompt that is no template, or settings that don't go together
 */
export function ownTask(definition: ResolvedTask, parts: OwnTaskParts): Task {
  throw new Error(`not written yet: ${definition.name} ${parts.items}`);
}
