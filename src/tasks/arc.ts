/**
 * ARC-Easy: grade-school science questions with three to five choices (Clark et al. 2018, arXiv:1803.05457).
 *
 * Protocol arc_easy/letters@2: the model writes the letter of its choice.
 * - zero-shot; choices are shown as `A.` to `E.` in file order, whatever labels the file has; the answer is mapped
 *   back by position;
 * - instruct models are asked for the letter alone, at most 8 tokens; base models complete `Answer:` with one token;
 * - read by `parseLetter`; what can't be read is wrong, and counted; headline `acc`;
 * - shares of gold and predicted letters show a bias for a position.
 *
 * Protocol arc_easy/lmeval@1: as lm-eval's task `arc_easy` version 1.0 has it, the choice whose text is likeliest.
 * - zero-shot, plain text for every model; the context is `Question: …\nAnswer:`, each continuation a space and the
 *   text of a choice; all three to five choices count;
 * - headline `acc` (highest total log-probability; ties: the first), `acc_norm` by code points beside it, and bytes
 *   and tokens as for HellaSwag.
 *
 * The second doesn't show the choices to the model: the two differ by tens of points and aren't comparable.
 */
import { arcRecord } from '../core/dataset-record.ts';
import {
  defineTask,
  type GenerationQuestion,
  type ItemScore,
  type LikelihoodQuestion,
  type Task,
} from '../core/task.ts';
import { scoreChoices } from './choice-scores.ts';
import { fixedExamples, perItemExamples } from './example-picker.ts';
import { choiceLetter, parseLetter } from './read-letter.ts';
import { groupMeans, promptAfter, type TaskVariant, variantFacts } from './task-parts.ts';

export interface ArcItem {
  readonly id: string;
  readonly question: string;
  /** Three to five texts in file order. */
  readonly choices: readonly string[];
  /** Position of the right choice. */
  readonly gold: number;
}

const dataset = { name: 'arc_easy', split: 'test', fewShotSplit: 'train' } as const;
const common = { name: 'arc_easy', version: 1, dataset, items: 2376 } as const;
/** Of the protocol; the mini set's is the same. */
export const lettersVersion = 2;
const letters: TaskVariant = { ...common, version: lettersVersion, protocol: 'letters', title: 'ARC-Easy' };
const lmeval: TaskVariant = { ...common, protocol: 'lmeval', title: 'ARC-Easy, lm-eval' };

/** @throws {z.ZodError} or {RangeError} if the key isn't one of the labels, or there are more than five choices */
export function parseArcItem(record: unknown): ArcItem {
  const { id, question, choices, answerKey } = arcRecord.parse(record);
  const labels = choices.map(({ label }) => label);
  const gold = labels.indexOf(answerKey);
  if (gold === -1) throw new RangeError(`answerKey: must be one of ${labels.join(', ')}, got "${answerKey}"`);
  if (choices.length > 5) throw new RangeError(`choices: must be 2 to 5, got ${choices.length}`);
  return { id, question, choices: choices.map(({ text }) => text), gold };
}

/** @param shots - examples in each prompt, the same for every item; zero by default */
export function arcLetters(variant: TaskVariant = letters, shots?: number): Task {
  const isMini = variant.protocol === 'mini';
  return defineTask<ArcItem>({
    kind: 'generate',
    ...variantFacts(variant, shots),
    withShots: (count) => arcLetters(variant, count),
    metric: 'acc',
    chance: isMini ? 0.25 : 0.2502,
    baselines: isMini ? { longest: 0.325 } : { longest: 0.266, majority: 0.266 },
    category: 'classification',
    parse: parseArcItem,
    itemId: ({ id }) => id,
    expected: ({ gold }) => choiceLetter(gold),
    pickExamples: fixedExamples(shots ?? 0),
    question: letterQuestion,
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

function letterQuestion(item: ArcItem, examples: readonly ArcItem[]): GenerationQuestion {
  const sheet = ({ question: text, choices }: ArcItem): string =>
    [`Question: ${text}`, ...choices.map((choice, index) => `${choiceLetter(index)}. ${choice}`)].join('\n');
  const prompt = promptAfter(item, examples, {
    plain: (asked) => `${sheet(asked)}\nAnswer:`,
    chat: (asked) => `${sheet(asked)}\n\nAnswer with the letter of the right choice alone.`,
    answer: ({ gold }) => choiceLetter(gold),
  });
  return { prompt, maxTokens: { plain: 1, chat: 8 }, stop: { plain: ['\n'], chat: [] } };
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

/** @param shots - examples in each prompt, drawn anew for every item; zero by default */
export function arcLmEval(shots?: number): Task {
  return defineTask<ArcItem>({
    kind: 'loglikelihood',
    ...variantFacts(lmeval, shots),
    withShots: arcLmEval,
    metric: 'acc',
    chance: 0.2502,
    baselines: { longest: 0.266 },
    category: 'classification',
    parse: parseArcItem,
    itemId: ({ id }) => id,
    expected: ({ choices, gold }) => choices[gold] ?? '',
    pickExamples: perItemExamples(shots ?? 0),
    question: likelihoodQuestion,
    score: ({ choices, gold }, { continuations }) => scoreChoices(choices, gold, continuations, 'acc'),
  });
}

function likelihoodQuestion(item: ArcItem, examples: readonly ArcItem[]): LikelihoodQuestion {
  const ask = ({ question: text }: ArcItem): string => `Question: ${text}\nAnswer:`;
  const shown = examples.map((example) => `${ask(example)} ${example.choices[example.gold] ?? ''}\n\n`);
  return { context: shown.join('') + ask(item), continuations: item.choices.map((choice) => ` ${choice}`) };
}
