/** What several tasks are made of: ids, prompts with examples, means over a part of the items. */
import type { ChatMessage } from '../core/engine.ts';
import type { DatasetReference, GenerationPrompt, ItemScore } from '../core/task.ts';

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
 * What a task says of itself as the variant has it. Its id is `gsm8k/per@2`, or `gsm8k/per-8shot@2` where the number of
 * examples isn't the protocol's own, so that numbers from different prompts are never mixed.
 *
 * @param shots - undefined for the protocol's own number
 */
export function variantFacts(
  { name, protocol, version, title, dataset, items }: TaskVariant,
  shots: number | undefined,
  ownShots = 0,
): Pick<TaskVariant, 'title' | 'dataset' | 'items'> & { readonly id: string; readonly shots: number } {
  const [suffix, heading] = shots === undefined ? ['', ''] : [`-${shots}shot`, ` (${shots}-shot)`];
  return {
    id: `${name}/${protocol}${suffix}@${version}`,
    title: title + heading,
    dataset,
    items,
    shots: shots ?? ownShots,
  };
}

/** How a task asks for an item in each style, and what it should have said. */
export interface Asking<Item> {
  /** Ends where the answer begins, the space before it aside. */
  readonly plain: (item: Item) => string;
  readonly chat: (item: Item) => string;
  readonly answer: (item: Item) => string;
}

/** The prompt for an item after worked examples: a text with blank lines between, or turns of a chat. */
export function promptAfter<Item>(
  item: Item,
  examples: readonly Item[],
  { plain, chat, answer }: Asking<Item>,
  chatExamples = examples,
): GenerationPrompt {
  const shown = examples.map((example) => `${plain(example)} ${answer(example)}\n\n`);
  const turns = chatExamples.flatMap((example): readonly ChatMessage[] => [
    { role: 'user', content: chat(example) },
    { role: 'assistant', content: answer(example) },
  ]);
  return { plain: shown.join('') + plain(item), chat: [...turns, { role: 'user', content: chat(item) }] };
}

/** Text before the first of the stop strings: engines cut too, but a stored output may come from elsewhere. */
export function cutAtStop(text: string, stop: readonly string[]): string {
  const starts = stop.map((word) => text.indexOf(word)).filter((index) => index !== -1);
  return text.slice(0, Math.min(text.length, ...starts));
}

/** A number for each score, or undefined where the score isn't in the group. */
export type GroupValue = (score: ItemScore) => number | undefined;

/** Mean of each value over the scores that have one; a group without scores has no entry. */
export function groupMeans(
  scores: readonly ItemScore[],
  groups: Readonly<Record<string, GroupValue>>,
): Readonly<Record<string, number>> {
  const means: Record<string, number> = {};
  for (const [name, valueOf] of Object.entries(groups)) {
    const values = scores.map(valueOf).filter((value) => value !== undefined);
    if (values.length > 0) means[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return means;
}

/** Scores whose `detail` has this entry, for {@link groupMeans}. */
export function where(key: string, wanted: string | boolean, valueOf: (score: ItemScore) => number): GroupValue {
  return (score) => (score.detail?.[key] === wanted ? valueOf(score) : undefined);
}
