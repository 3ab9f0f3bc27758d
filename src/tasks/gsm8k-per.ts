/**
 * GSM8K: grade-school word problems (Cobbe et al. 2021, arXiv:2110.14168); the model writes a solution.
 *
 * Protocol gsm8k/per@1:
 * - instruct models: zero-shot, chat template; after the problem the model is asked to reason and to end
 *   with `#### <number>`; at most 1,024 tokens;
 * - base models: five worked examples from the train split, the same for every item, then `Question: …\nAnswer:`;
 *   calculator notes are removed from the examples; at most 512 tokens, ends at a blank line or the next `Question:`;
 * - another number of examples (`withShots`) holds for both styles; in a chat, examples are turns;
 * - the final number is read by `gsm8k-extract.ts` and compared as an exact decimal; headline `exact_match`;
 * - lm-eval's two filters run on the same text beside it (`strict_match`, `flexible_extract`).
 *
 * Not covered: sampling and voting, tools. The paper prints no prompt, so its scores are not reproduced by design.
 */
import type { ChatMessage, PromptStyle } from '../core/engine.ts';
import { defineTask, type GenerationQuestion, type ItemScore, type Task } from '../core/task.ts';
import { equalDecimals, formatDecimal, parseDecimal } from './exact-decimal.ts';
import { fixedExamples } from './example-picker.ts';
import { parseGsm8kItem, type Gsm8kItem } from './gsm8k-item.ts';
import { extractNumber } from './gsm8k-extract.ts';
import { flexibleAnswer, isExactMatch, strictAnswer } from './gsm8k-lmeval-match.ts';
import { taskId, taskTitle, type TaskVariant } from './task-variant.ts';

const published: TaskVariant = {
  name: 'gsm8k',
  protocol: 'per',
  version: 1,
  title: 'GSM8K',
  dataset: { name: 'gsm8k', split: 'test', fewShotSplit: 'train' },
  items: 1319,
};

// After the problem, and asking for the calculation: with the request for `####` in front, small models write that line
// and nothing else (0.15 instead of 0.70 on 20 items for a 0.5B model).
const instruction =
  'Think step by step and show your calculation. Then write the final answer on the last line after "#### ".';

const ownShots: Readonly<Record<PromptStyle, number>> = { plain: 5, chat: 0 };

/** @param shots - examples in both styles; by default the protocol's own */
export function gsm8kPer(
  variant: TaskVariant = published,
  maxTokens: Readonly<Record<PromptStyle, number>> = { plain: 512, chat: 1024 },
  shots?: number,
): Task {
  const shotsByStyle = shots === undefined ? ownShots : { plain: shots, chat: shots };
  return defineTask<Gsm8kItem>({
    kind: 'generate',
    id: taskId(variant, shots),
    title: taskTitle(variant, shots),
    dataset: variant.dataset,
    items: variant.items,
    shots: shotsByStyle.plain,
    shotsByStyle,
    withShots: (count) => gsm8kPer(variant, maxTokens, count),
    metric: 'exact_match',
    chance: 0,
    category: 'generation',
    parse: parseGsm8kItem,
    itemId: ({ id }) => id,
    expected: ({ answer }) => answer,
    pickExamples: fixedExamples(shotsByStyle.plain),
    question: (item, examples) => question(item, examples, examples.slice(0, shotsByStyle.chat), maxTokens),
    score: scoreSolution,
  });
}

function question(
  item: Gsm8kItem,
  plainExamples: readonly Gsm8kItem[],
  chatExamples: readonly Gsm8kItem[],
  maxTokens: Readonly<Record<PromptStyle, number>>,
): GenerationQuestion {
  const shown = plainExamples.map((example) => `Question: ${example.question}\nAnswer: ${solutionText(example)}\n\n`);
  const turns = chatExamples.flatMap((example): readonly ChatMessage[] => [
    { role: 'user', content: chatAsk(example) },
    { role: 'assistant', content: solutionText(example) },
  ]);
  return {
    prompt: {
      plain: `${shown.join('')}Question: ${item.question}\nAnswer:`,
      chat: [...turns, { role: 'user', content: chatAsk(item) }],
    },
    maxTokens,
    // Without examples a solution may well have paragraphs, so a blank line ends it only where none of them has.
    stop: { plain: ['Question:', ...(shown.length > 0 ? ['\n\n'] : [])], chat: [] },
  };
}

function chatAsk({ question: text }: Gsm8kItem): string {
  return `${text}\n\n${instruction}`;
}

function solutionText({ solution }: Gsm8kItem): string {
  return solution.replaceAll(/<<[^>]*>>/gu, '');
}

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
