import { defineTask } from '../../src/core/task.ts';
import type { OwnTask } from '../../src/app/local-context.ts';

interface ToyItem {
  readonly id: string;
}

const records: readonly ToyItem[] = Array.from({ length: 20 }, (_, index) => ({ id: `item-${index}` }));

/** Answers of six tokens, whatever they are. */
export const toyTask: OwnTask = {
  records,
  task: defineTask<ToyItem>({
    id: 'toy/words@1',
    title: 'Toy words',
    kind: 'generate',
    category: 'generation',
    dataset: { name: 'gsm8k', split: 'test' },
    items: records.length,
    shots: 0,
    metric: 'acc',
    chance: 0.1,
    parse: (record) => record as ToyItem,
    itemId: ({ id }) => id,
    expected: () => 'word',
    question: ({ id }) => ({
      prompt: { plain: `Say words about ${id}`, chat: [{ role: 'user', content: id }] },
      maxTokens: { plain: 6, chat: 6 },
      stop: { plain: [], chat: [] },
    }),
    score: (_item, { text }) => ({ value: 1, answer: text, isUnparsed: false, metrics: {} }),
  }),
};
