import type { RunEvent } from '../core/event.ts';
import type { Sample } from '../core/sample.ts';
import type { OwnRecord } from '../core/task-definition.ts';
import type { PlannedTask } from './plan.ts';

/** So many answers show whether a model does what it is asked. */
export const firstAnswers = 3;
const longestText = 60;

/** The beginning of a text, on one line. */
function shortened(text: string, longest = longestText): string {
  const line = text.trim().replaceAll(/\s+/gu, ' ');
  const characters = Array.from(line);
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}

/** The beginning of a foreign text in quotes, control characters as escapes. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

/** What the item asks, as far as that can be told without its prompt: the input of a task file, else the item's name. */
function inputOf({ task, items }: PlannedTask, { position, itemId }: Sample): string {
  if (task.own === undefined) return itemId;
  // Items of a task file are rows of its data.
  const value = (items[position] as OwnRecord | undefined)?.values[task.own.input];
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? itemId);
}

/** Whether the task is a user's own: of perbench's tasks, prompts and scorers are known to work. */
export function isOwnTask({ task }: PlannedTask): boolean {
  return task.dataset === undefined;
}

/** How one of a model's first answers was read. */
export function firstAnswer(
  planned: PlannedTask,
  cellId: string,
  sample: Sample,
): Extract<RunEvent, { readonly type: 'first-answer' }> {
  const { output, answer, expected, score, isUnparsed, cut } = sample;
  return {
    type: 'first-answer',
    cellId,
    itemId: sample.itemId,
    input: shortened(inputOf(planned, sample)),
    output: shortened(output),
    answer: isUnparsed || answer === undefined ? undefined : shortened(answer),
    expected: shortened(expected),
    score,
    cut,
  };
}
