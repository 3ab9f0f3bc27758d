/**
 * SQuAD 2.0 as lm-eval's task `squadv2` version 3 has it, for comparison with published numbers.
 *
 * Protocol squad2/lmeval@1:
 * - zero-shot `Title: …\n\nBackground: …\n\nQuestion: …\n\nAnswer:`; at most 256 tokens, ends at a line break;
 * - the text is scored as it is: a generated "unanswerable" is a wrong span, never "no answer", so a model that
 *   abstains in words scores 0 on the unanswerable half; that is lm-eval's known behaviour, kept on purpose;
 * - headline `exact`, `f1` beside it.
 *
 * Not covered: lm-eval also asks for the log-likelihood of " unanswerable" and searches the best threshold over it.
 * A task here either generates or scores likelihoods, so `best_exact` and `best_f1` are missing. `exact` and `f1` are
 * not touched by that: lm-eval's threshold is 1.0, which no probability exceeds.
 */
import type { ChatMessage } from '../core/engine.ts';
import { defineTask, type GenerationQuestion, type Task } from '../core/task.ts';
import { cutAtStop } from './cut-at-stop.ts';
import { perItemExamples } from './example-picker.ts';
import { parseSquadItem, scoreSpan, squadCluster, summariseSpans, type SquadItem } from './squad-item.ts';
import { taskId, taskTitle, type TaskVariant } from './task-variant.ts';

const variant: TaskVariant = {
  name: 'squad2',
  protocol: 'lmeval',
  version: 1,
  title: 'SQuAD 2.0, lm-eval',
  dataset: { name: 'squad2', split: 'validation', fewShotSplit: 'train' },
  items: 11_873,
};

const stop = ['\n'];

/** @param shots - examples in each prompt, drawn anew for every item; zero by default */
export function squadLmEval(shots?: number): Task {
  return defineTask<SquadItem>({
    kind: 'generate',
    id: taskId(variant, shots),
    title: taskTitle(variant, shots),
    dataset: variant.dataset,
    items: variant.items,
    shots: shots ?? 0,
    withShots: squadLmEval,
    metric: 'exact',
    chance: 0.5007,
    // Abstaining from every question is no answer that a model is held against (docs/scores.md).
    trivialAccuracy: 0,
    baselines: { always_empty: 0.5007 },
    category: 'generation',
    cluster: squadCluster,
    parse: parseSquadItem,
    itemId: ({ id }) => id,
    expected: ({ answers }) => answers[0] ?? '(no answer)',
    pickExamples: perItemExamples(shots ?? 0),
    question,
    score: (item, { text }) => scoreSpan(item, cutAtStop(text, stop)),
    summarise: summariseSpans,
  });
}

/** Prompt of lm-eval for one question, without examples. */
export function squadLmEvalContext({ title, context, question: text }: SquadItem): string {
  return `Title: ${title}\n\nBackground: ${context}\n\nQuestion: ${text}\n\nAnswer:`;
}

function question(item: SquadItem, examples: readonly SquadItem[]): GenerationQuestion {
  const gold = ({ answers }: SquadItem): string => answers[0] ?? 'unanswerable';
  const turns = examples.flatMap((example): readonly ChatMessage[] => [
    { role: 'user', content: squadLmEvalContext(example) },
    { role: 'assistant', content: gold(example) },
  ]);
  const shown = examples.map((example) => `${squadLmEvalContext(example)} ${gold(example)}\n\n`);
  return {
    prompt: {
      plain: shown.join('') + squadLmEvalContext(item),
      chat: [...turns, { role: 'user', content: squadLmEvalContext(item) }],
    },
    maxTokens: { plain: 256, chat: 256 },
    stop: { plain: stop, chat: stop },
  };
}
