/**
 * ARC-Easy: grade-school science questions with three to five choices (Clark et al. 2018, arXiv:1803.05457); the
 * model writes the letter of its choice.
 *
 * Protocol arc_easy/letters@1:
 * - zero-shot; choices are shown as `A.` to `E.` in file order, whatever labels the file has; the answer is mapped
 *   back by position;
 * - instruct models are asked for the letter alone, at most 8 tokens; base models complete `Answer:` with one token;
 * - read by `letter-parse.ts`; what can't be read is wrong, and counted; headline `acc`;
 * - shares of gold and predicted letters show a bias for a position.
 *
 * Not covered: log-likelihood of the choices' texts (`arc_easy/lmeval@1`); the two differ by tens of points.
 */
import type { ChatMessage } from '../core/engine.ts';
import { defineTask, type GenerationQuestion, type ItemScore, type Task } from '../core/task.ts';
import { parseArcItem, type ArcItem } from './arc-item.ts';
import { fixedExamples } from './example-picker.ts';
import { groupMeans } from './group-means.ts';
import { choiceLetter, parseLetter } from './letter-parse.ts';
import { taskId, taskTitle, type TaskVariant } from './task-variant.ts';

const published: TaskVariant = {
  name: 'arc_easy',
  protocol: 'letters',
  version: 1,
  title: 'ARC-Easy',
  dataset: { name: 'arc_easy', split: 'test', fewShotSplit: 'train' },
  items: 2376,
};

/** @param shots - examples in each prompt, the same for every item; zero by default */
export function arcLetters(variant: TaskVariant = published, shots?: number): Task {
  const isMini = variant.protocol === 'mini';
  return defineTask<ArcItem>({
    kind: 'generate',
    id: taskId(variant, shots),
    title: taskTitle(variant, shots),
    dataset: variant.dataset,
    items: variant.items,
    shots: shots ?? 0,
    withShots: (count) => arcLetters(variant, count),
    metric: 'acc',
    chance: isMini ? 0.25 : 0.2502,
    ...(!isMini && { baselines: { longest: 0.266, majority: 0.266 } }),
    category: 'classification',
    parse: parseArcItem,
    itemId: ({ id }) => id,
    expected: ({ gold }) => choiceLetter(gold),
    pickExamples: fixedExamples(shots ?? 0),
    question,
    score: scoreLetter,
    summarise: (scores) => groupMeans(scores, letterShares),
  });
}

const letterShares = Object.fromEntries(
  ['A', 'B', 'C', 'D', 'E'].flatMap((letter) => [
    [`gold_${letter}`, (score: ItemScore) => Number(score.detail?.['gold'] === letter)],
    [`predicted_${letter}`, (score: ItemScore) => Number(score.answer === letter)],
  ]),
);

function question(item: ArcItem, examples: readonly ArcItem[]): GenerationQuestion {
  const turns = examples.flatMap((example): readonly ChatMessage[] => [
    { role: 'user', content: chatAsk(example) },
    { role: 'assistant', content: choiceLetter(example.gold) },
  ]);
  const shown = examples.map((example) => `${sheet(example)}\nAnswer: ${choiceLetter(example.gold)}\n\n`);
  return {
    prompt: {
      plain: `${shown.join('')}${sheet(item)}\nAnswer:`,
      chat: [...turns, { role: 'user', content: chatAsk(item) }],
    },
    maxTokens: { plain: 1, chat: 8 },
    stop: { plain: ['\n'], chat: [] },
  };
}

function sheet({ question: text, choices }: ArcItem): string {
  return [`Question: ${text}`, ...choices.map((choice, index) => `${choiceLetter(index)}. ${choice}`)].join('\n');
}

function chatAsk(item: ArcItem): string {
  return `${sheet(item)}\n\nAnswer with the letter of the right choice alone.`;
}

function scoreLetter(item: ArcItem, { text }: { readonly text: string }): ItemScore {
  const position = parseLetter(text, item.choices.length);
  return {
    value: position === item.gold ? 1 : 0,
    answer: position === undefined ? undefined : choiceLetter(position),
    isUnparsed: position === undefined,
    metrics: {},
    detail: { gold: choiceLetter(item.gold), choices: item.choices.length },
  };
}
