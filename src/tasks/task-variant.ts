import type { DatasetReference } from '../core/task.ts';

/** Where a protocol's prompt and scorer meet a data set: the published one, or the mini set. */
export interface TaskVariant {
  readonly name: string;
  /** Middle part of the id: `per`, `lmeval`, `mini`. */
  readonly protocol: string;
  readonly version: number;
  readonly title: string;
  readonly dataset: DatasetReference;
  /** Rows of the evaluated split. */
  readonly items: number;
}

/**
 * `gsm8k/per@1`, or `gsm8k/per-8shot@1` where the number of examples isn't the protocol's own, so that numbers from
 * different prompts are never mixed.
 */
export function taskId(variant: Pick<TaskVariant, 'name' | 'protocol' | 'version'>, shots: number | undefined): string {
  const suffix = shots === undefined ? '' : `-${shots}shot`;
  return `${variant.name}/${variant.protocol}${suffix}@${variant.version}`;
}

/** Title for people: `GSM8K`, or `GSM8K (8-shot)`. */
export function taskTitle(variant: Pick<TaskVariant, 'title'>, shots: number | undefined): string {
  return shots === undefined ? variant.title : `${variant.title} (${shots}-shot)`;
}
