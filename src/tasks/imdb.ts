/**
 * IMDB: sentiment of film reviews (Maas et al. 2011, aclanthology P11-1015); the model writes one word.
 *
 * Protocol imdb/per@2:
 * - 500 positive and 500 negative reviews of the test split, without repeated texts, chosen and ordered by a seeded
 *   hash of the text, so that every copy of the data set gives the same ids in the same order;
 * - `<br />` becomes a line break; a review above 4,000 characters loses its middle, never the question (counted);
 * - instruct models: zero-shot, chat template; base models: four short reviews written for perbench, then `Sentiment:`
 *   to complete (zero-shot, small base models continue the review instead of judging it);
 * - at most 5 tokens to complete, 16 in a chat, where small models answer with a sentence;
 * - another number of examples (`withShots`) holds for both styles and takes rows of the train split;
 * - read by `parseSentiment` (`createLabelReader`); what can't be read is wrong, and counted; headline `acc`.
 *
 * Not covered: HELM's five-shot protocol; the whole split of 25,000.
 */
import type { PromptStyle } from '../core/engine.ts';
import { imdbRecord } from '../core/dataset-record.ts';
import { contentHash } from '../core/item-id.ts';
import { defineTask, type GenerationQuestion, type ItemScore, type Task } from '../core/task.ts';
import { balancedExamples } from './example-picker.ts';
import { createLabelReader } from './read-label.ts';
import { type Asking, groupMeans, promptAfter, type TaskVariant, variantFacts, where } from './task-parts.ts';

/** The second, since answers behind lines that lead in are read, and negations by their clause. */
export const perVersion = 2;

const published: TaskVariant = {
  name: 'imdb',
  protocol: 'per',
  version: perVersion,
  title: 'IMDB',
  dataset: { name: 'imdb', split: 'test', fewShotSplit: 'train' },
  items: 1000,
};

/** The train split isn't needed by default: the examples come with perbench. */
const ownExamples = { fewShotSplit: 'examples', fewShotSource: 'builtin' } as const;
const ownShots: Readonly<Record<PromptStyle, number>> = { plain: 4, chat: 0 };

const reviewCharacters = 4000;

export interface ImdbItem {
  /** Hash of the text: the copies of this data set number their rows differently. */
  readonly id: string;
  readonly text: string;
  readonly label: 0 | 1;
}

/** @param shots - examples in both styles; by default the protocol's own */
export function imdbPer(variant: TaskVariant = published, shots?: number): Task {
  const shotsByStyle = shots === undefined ? ownShots : { plain: shots, chat: shots };
  return defineTask<ImdbItem>({
    kind: 'generate',
    ...variantFacts(
      shots === undefined ? { ...variant, dataset: { ...variant.dataset, ...ownExamples } } : variant,
      shots,
      ownShots.plain,
    ),
    shotsByStyle,
    withShots: (count) => imdbPer(variant, count),
    metric: 'acc',
    chance: 0.5,
    baselines: { majority: 0.5 },
    category: 'classification',
    parse(record) {
      const { text, label } = imdbRecord.parse(record);
      return { id: contentHash(text, 16), text, label };
    },
    itemId: ({ id }) => id,
    expected: ({ label }) => word(label),
    select: (items) => selectBalanced(items, variant.items / 2),
    pickExamples: balancedExamples(shotsByStyle.plain, ({ label }) => label),
    question: (item, examples) => question(item, examples, shotsByStyle.chat),
    score: scoreSentiment,
    summarise: (scores) =>
      groupMeans(scores, {
        acc_positive: where('gold', 'positive', ({ value }) => value),
        acc_negative: where('gold', 'negative', ({ value }) => value),
        predicted_positive: ({ answer }) => Number(answer === 'positive'),
      }),
  });
}

/**
 * The same number of rows of each label, without repeated texts, by seeded hash of the text.
 *
 * @throws {RangeError} if a label has too few rows
 */
function selectBalanced(items: readonly ImdbItem[], perLabel: number): readonly ImdbItem[] {
  const distinct = [...new Map(items.map((item) => [item.text, item])).values()];
  const ordered = distinct
    // The first version's name: the others have the same rows.
    .map((item) => ({ item, key: contentHash(`imdb/per@1:${item.text}`, 64) }))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
  const left = new Map([0, 1].map((label) => [label, perLabel]));
  const chosen = ordered.filter(({ item: { label } }) => {
    const rest = left.get(label) ?? 0;
    left.set(label, rest - 1);
    return rest > 0;
  });
  if (chosen.length !== 2 * perLabel) {
    throw new RangeError(`needs ${perLabel} different reviews of each label, found only ${chosen.length} in total`);
  }
  return chosen.map(({ item }) => item);
}

const word = (label: 0 | 1): 'positive' | 'negative' => (label === 1 ? 'positive' : 'negative');

/** Review as shown, and whether its middle was cut. */
function shownReview(text: string): { readonly review: string; readonly isCut: boolean } {
  const characters = Array.from(text.replaceAll(/(?:\s*<br\s*\/?>\s*)+/giu, '\n').trim());
  if (characters.length <= reviewCharacters) return { review: characters.join(''), isCut: false };
  const half = reviewCharacters / 2;
  const review = `${characters.slice(0, half).join('')} [...] ${characters.slice(-half).join('')}`;
  return { review, isCut: true };
}

const asking: Asking<ImdbItem> = {
  plain: ({ text }) => `Review: ${shownReview(text).review}\nSentiment:`,
  chat: ({ text }) =>
    `Review: ${shownReview(text).review}\n\nIs the sentiment of this film review positive or negative? Answer with one word.`,
  answer: ({ label }) => word(label),
};

function question(item: ImdbItem, examples: readonly ImdbItem[], chatShots: number): GenerationQuestion {
  return {
    prompt: promptAfter(item, examples, asking, examples.slice(0, chatShots)),
    maxTokens: { plain: 5, chat: 16 },
    stop: { plain: ['\n'], chat: [] },
    isInputCut: shownReview(item.text).isCut,
  };
}

function scoreSentiment(item: ImdbItem, { text }: { readonly text: string }): ItemScore {
  const answer = parseSentiment(text);
  return {
    value: answer === word(item.label) ? 1 : 0,
    answer,
    isUnparsed: answer === undefined,
    metrics: {},
    detail: { gold: word(item.label), predicted: answer ?? 'none' },
  };
}

/** Reads `positive` or `negative`, the one that the answer names. */
export const parseSentiment = createLabelReader(['positive', 'negative']);
