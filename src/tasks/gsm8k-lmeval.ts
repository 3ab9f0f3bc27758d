/**
 * GSM8K as lm-eval's task `gsm8k` version 3.0 has it, for comparison with published numbers.
 *
 * Protocol gsm8k/lmeval5-strict@1 and gsm8k/lmeval5-flexible@1 (same prompts, two readings):
 * - five examples drawn anew for every item with Python's generator, calculator notes included;
 * - `Question: …\nAnswer:`, at most 256 tokens, ends at `Question:`, `</s>` or `<|im_end|>`;
 * - strict: the first number after `####`; flexible: the last thing that looks like a number;
 * - compared as strings without commas, dollar signs and a final point.
 *
 * Not covered: lm-eval cuts a prompt that is too long from the left; here such an item fails and is counted. With a
 * chat template, examples are turns, as lm-eval's default is.
 */
import type { ChatMessage } from '../core/engine.ts';
import { defineTask, type GenerationQuestion, type Task } from '../core/task.ts';
import { cutAtStop } from './cut-at-stop.ts';
import { perItemExamples } from './example-picker.ts';
import { parseGsm8kItem, type Gsm8kItem } from './gsm8k-item.ts';
import { flexibleAnswer, invalidAnswer, isExactMatch, strictAnswer } from './gsm8k-lmeval-match.ts';
import { taskId, taskTitle, type TaskVariant } from './task-variant.ts';

const stop = ['Question:', '</s>', '<|im_end|>'];

/** The two filters of lm-eval, by the name that the protocol's id ends with. */
const filters = { strict: strictAnswer, flexible: flexibleAnswer };

export function gsm8kLmEval(filter: keyof typeof filters, shots?: number): Task {
  const variant: TaskVariant = {
    name: 'gsm8k',
    protocol: `lmeval5-${filter}`,
    version: 1,
    title: `GSM8K, lm-eval ${filter}`,
    dataset: { name: 'gsm8k', split: 'test', fewShotSplit: 'train' },
    items: 1319,
  };
  const examples = shots ?? 5;
  return defineTask<Gsm8kItem>({
    kind: 'generate',
    id: taskId(variant, shots),
    title: taskTitle(variant, shots),
    dataset: variant.dataset,
    items: variant.items,
    shots: examples,
    withShots: (count) => gsm8kLmEval(filter, count),
    metric: 'exact_match',
    chance: 0,
    category: 'generation',
    parse: parseGsm8kItem,
    itemId: ({ id }) => id,
    expected: ({ answer }) => answer,
    pickExamples: perItemExamples(examples),
    question,
    score(item, { text }) {
      const output = cutAtStop(text, stop);
      const answers = { strict: strictAnswer(output), flexible: flexibleAnswer(output) };
      const isRight = {
        strict: isExactMatch(answers.strict, item.solution),
        flexible: isExactMatch(answers.flexible, item.solution),
      };
      const isUnparsed = answers[filter] === invalidAnswer;
      return {
        value: isRight[filter] ? 1 : 0,
        answer: isUnparsed ? undefined : answers[filter],
        isUnparsed,
        metrics:
          filter === 'strict'
            ? { flexible_extract: Number(isRight.flexible) }
            : { strict_match: Number(isRight.strict) },
      };
    },
  });
}

function question(item: Gsm8kItem, examples: readonly Gsm8kItem[]): GenerationQuestion {
  const ask = ({ question: text }: Gsm8kItem): string => `Question: ${text}\nAnswer:`;
  const turns = examples.flatMap((example): readonly ChatMessage[] => [
    { role: 'user', content: ask(example) },
    { role: 'assistant', content: example.solution },
  ]);
  return {
    prompt: {
      plain: [...examples.map((example) => `${ask(example)} ${example.solution}`), ask(item)].join('\n\n'),
      chat: [...turns, { role: 'user', content: ask(item) }],
    },
    maxTokens: { plain: 256, chat: 256 },
    stop: { plain: stop, chat: stop },
  };
}
