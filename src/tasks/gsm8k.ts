/**
 * GSM8K: grade-school word problems (Cobbe et al. 2021, arXiv:2110.14168); the model writes a solution.
 *
 * Protocol gsm8k/per@2:
 * - instruct models: zero-shot, chat template; after the problem the model is asked to reason and to end
 *   with `#### <number>`; at most 1,024 tokens;
 * - base models: five worked examples from the train split, the same for every item, then `Question: …\nAnswer:`;
 *   calculator notes are removed from the examples; at most 512 tokens, ends at a blank line or the next `Question:`;
 * - another number of examples (`withShots`) holds for both styles; in a chat, examples are turns;
 * - the number that the answer concludes with is read by `gsm8k-number.ts` and compared as an exact decimal; headline
 *   `exact_match`; version 1 took the last `####`, else the last "answer is", whatever stood around it;
 * - lm-eval's two filters run on the same text beside it (`strict_match`, `flexible_extract`).
 *
 * Protocol gsm8k/lmeval5-strict@1 and gsm8k/lmeval5-flexible@1: as lm-eval's task `gsm8k` version 3.0 has it, for
 * comparison with published numbers (same prompts, two readings).
 * - five examples drawn anew for every item with Python's generator, calculator notes included;
 * - `Question: …\nAnswer:`, at most 256 tokens, ends at `Question:`, `</s>` or `<|im_end|>`;
 * - strict: the first number after `####`; flexible: the last thing that looks like a number;
 * - compared as strings without commas, dollar signs and a final point.
 *
 * Not covered: sampling and voting, tools. The paper prints no prompt, so its scores are not reproduced by design.
 * lm-eval cuts a prompt that is too long from the left; here such an item fails and is counted. With a chat template,
 * examples are turns, as lm-eval's default is.
 */
import type { PromptStyle } from '../core/engine.ts';
import { gsm8kRecord } from '../core/dataset-record.ts';
import { rowId } from '../core/item-id.ts';
import { defineTask, type ItemScore, type Task } from '../core/task.ts';
import { fixedExamples, perItemExamples } from './example-picker.ts';
import { equalDecimals, parseDecimal } from './exact-decimal.ts';
import { extractNumber, formatDecimal } from './gsm8k-number.ts';
import { type Asking, cutAtStop, promptAfter, type TaskVariant, variantFacts } from './task-parts.ts';

export interface Gsm8kItem {
  readonly id: string;
  readonly question: string;
  /** Worked solution as published, with `<<…>>` notes and the last line `#### <number>`. */
  readonly solution: string;
  /** The final number as text, group commas removed. */
  readonly answer: string;
}

const dataset = { name: 'gsm8k', split: 'test', fewShotSplit: 'train' } as const;
const published = { name: 'gsm8k', version: 1, dataset, items: 1319 } as const;
/** Of `per` and `mini`: raised when answers are read in another way. */
export const numberVersion = 2;
const per: TaskVariant = { ...published, version: numberVersion, protocol: 'per', title: 'GSM8K' };

/** What all protocols have in common. */
const common = {
  kind: 'generate',
  metric: 'exact_match',
  chance: 0,
  // 40 of the 1,319 answers are 5.
  baselines: { majority: 0.0303 },
  category: 'generation',
  parse: parseGsm8kItem,
  itemId: ({ id }: Gsm8kItem) => id,
  expected: ({ answer }: Gsm8kItem) => answer,
} as const;

/** @throws {z.ZodError} or {RangeError} if the record has no final number */
function parseGsm8kItem(record: unknown, position: number): Gsm8kItem {
  const { question, answer: solution } = gsm8kRecord.parse(record);
  const answer = /#### (-?[\d,]*\.?\d+)\s*$/u.exec(solution)?.[1]?.replaceAll(',', '');
  if (answer === undefined) throw new RangeError('answer: must be text that ends with a line "#### <number>"');
  return { id: rowId(position, question), question, solution, answer };
}

// After the problem, and asking for the calculation: with the request for `####` in front, small models write that line
// and nothing else (0.15 instead of 0.70 on 20 items for a 0.5B model).
const instruction =
  'Think step by step and show your calculation. Then write the final answer on the last line after "#### ".';

const ownShots: Readonly<Record<PromptStyle, number>> = { plain: 5, chat: 0 };

/** @param shots - examples in both styles; by default the protocol's own */
export function gsm8kPer(
  variant: TaskVariant = per,
  maxTokens: Readonly<Record<PromptStyle, number>> = { plain: 512, chat: 1024 },
  shots?: number,
): Task {
  const shotsByStyle = shots === undefined ? ownShots : { plain: shots, chat: shots };
  return defineTask<Gsm8kItem>({
    ...common,
    ...variantFacts(variant, shots, ownShots.plain),
    ...(variant.protocol === 'mini' && { baselines: { majority: 0.1 } }),
    shotsByStyle,
    withShots: (count) => gsm8kPer(variant, maxTokens, count),
    pickExamples: fixedExamples(shotsByStyle.plain),
    question: (item, examples) => ({
      prompt: promptAfter(item, examples, solutionAsking, examples.slice(0, shotsByStyle.chat)),
      maxTokens,
      // Without examples a solution may well have paragraphs, so a blank line ends it only where none of them has.
      stop: { plain: ['Question:', ...(examples.length > 0 ? ['\n\n'] : [])], chat: [] },
    }),
    score: scoreSolution,
  });
}

function plainAsk({ question }: Gsm8kItem): string {
  return `Question: ${question}\nAnswer:`;
}

const solutionAsking: Asking<Gsm8kItem> = {
  plain: plainAsk,
  chat: ({ question }) => `${question}\n\n${instruction}`,
  answer: ({ solution }) => solution.replaceAll(/<<[^>]*>>/gu, ''),
};

function scoreSolution(item: Gsm8kItem, { text }: { readonly text: string }): ItemScore {
  const found = extractNumber(text);
  const gold = parseDecimal(item.answer);
  const isRight = found !== undefined && gold !== undefined && equalDecimals(found, gold);
  return {
    value: isRight ? 1 : 0,
    answer: found === undefined ? undefined : formatDecimal(found),
    isUnparsed: found === undefined,
    metrics: {
      strict_match: isExactMatch(strictAnswer(text), item.solution) ? 1 : 0,
      flexible_extract: isExactMatch(flexibleAnswer(text), item.solution) ? 1 : 0,
    },
  };
}

const lmEvalAsking: Asking<Gsm8kItem> = { plain: plainAsk, chat: plainAsk, answer: ({ solution }) => solution };
const lmEvalStop = ['Question:', '</s>', '<|im_end|>'];

/** The two filters of lm-eval, by the name that the protocol's id ends with. */
const filters = { strict: strictAnswer, flexible: flexibleAnswer };

export function gsm8kLmEval(filter: keyof typeof filters, shots?: number): Task {
  const variant = { ...published, protocol: `lmeval5-${filter}`, title: `GSM8K, lm-eval ${filter}` };
  return defineTask<Gsm8kItem>({
    ...common,
    ...variantFacts(variant, shots, 5),
    withShots: (count) => gsm8kLmEval(filter, count),
    pickExamples: perItemExamples(shots ?? 5),
    question: (item, examples) => ({
      prompt: promptAfter(item, examples, lmEvalAsking),
      maxTokens: { plain: 256, chat: 256 },
      stop: { plain: lmEvalStop, chat: lmEvalStop },
    }),
    score: (item, { text }) => scoreFiltered(item, cutAtStop(text, lmEvalStop), filter),
  });
}

function scoreFiltered({ solution }: Gsm8kItem, output: string, filter: keyof typeof filters): ItemScore {
  const answer = filters[filter](output);
  const isUnparsed = answer === invalidAnswer;
  const other =
    filter === 'strict'
      ? { flexible_extract: Number(isExactMatch(flexibleAnswer(output), solution)) }
      : { strict_match: Number(isExactMatch(strictAnswer(output), solution)) };
  return {
    value: isExactMatch(answer, solution) ? 1 : 0,
    answer: isUnparsed ? undefined : answer,
    isUnparsed,
    metrics: other,
  };
}

/** What lm-eval puts in the place of an answer that its filter doesn't find. */
const invalidAnswer = '[invalid]';

/** lm-eval's `strict-match` filter: the first number after `####`. */
export function strictAnswer(text: string): string {
  return /#### (-?[0-9.,]+)/u.exec(text)?.[1]?.trim() ?? invalidAnswer;
}

/** lm-eval's `flexible-extract` filter: the last thing that looks like a number, `...` included. */
export function flexibleAnswer(text: string): string {
  const last = text
    .matchAll(/(-?[$0-9.,]{2,})|(-?[0-9]+)/gu)
    .toArray()
    .at(-1);
  return (last?.[1] ?? last?.[2])?.trim() ?? invalidAnswer;
}

/** lm-eval's `exact_match` with the patterns that GSM8K ignores, applied to both sides. */
export function isExactMatch(answer: string, gold: string): boolean {
  return comparableAnswer(answer) === comparableAnswer(gold);
}

/** What `exact_match` compares: patterns removed in lm-eval's order. Python's `\.$` also matches before a final newline. */
function comparableAnswer(text: string): string {
  return text
    .replaceAll(',', '')
    .replaceAll('$', '')
    .replace(/^.*#### /su, '')
    .replace(/\.(?=\n?$)/u, '')
    .toLowerCase();
}
