import type { ResolvedTask, TaskDefinition } from '../../core/task-definition.ts';

/** What a file or its data say for certain; the rest follows from these. */
export type KnownOfTask = Pick<
  ResolvedTask,
  'name' | 'data' | 'input' | 'target' | 'answer' | 'labels' | 'choices' | 'examples' | 'score'
>;

/**
 * A definition with its defaults: prompts, token limits, stop strings and metric that suit the kind of answer.
 *
 * @throws {ConfigError} for settings that don't go together
 */
export function fillDefinition(written: TaskDefinition, known: KnownOfTask): ResolvedTask {
  throw new Error(`not written yet: ${known.name} ${written.title}`);
}
