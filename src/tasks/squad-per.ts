/**
 * SQuAD 2.0: the model copies the answer to a question from a passage, or says that there is none (Rajpurkar et al.
 * 2018, arXiv:1806.03822).
 *
 * Protocol squad2/per@1:
 * - zero-shot; instruction, then title and passage, then the question, so that the questions on one passage share a
 *   prefix; chat template for instruct models, `Answer:` to complete for base models; at most 32 tokens;
 * - the first line that isn't blank is the span (`squad-answer.ts`); "unanswerable" and its like mean "no answer";
 * - the official metric: headline `exact` (the stricter of the two), `f1` beside it, both for each half of the set.
 *
 * Not covered: the threshold search for "no answer" (`best_exact`, `best_f1`): it wants a probability of "no answer",
 * which generated text doesn't give. Always abstaining scores 0.5007: the score to beat, and the task's `chance`.
 */
import type { ChatMessage } from '../core/engine.ts';
import { defineTask, type GenerationQuestion, type Task } from '../core/task.ts';
import { fixedExamples } from './example-picker.ts';
import { predictedSpan } from './squad-answer.ts';
import { parseSquadItem, scoreSpan, squadCluster, summariseSpans, type SquadItem } from './squad-item.ts';
import { taskId, taskTitle, type TaskVariant } from './task-variant.ts';

const published: TaskVariant = {
  name: 'squad2',
  protocol: 'per',
  version: 1,
  title: 'SQuAD 2.0',
  dataset: { name: 'squad2', split: 'validation', fewShotSplit: 'train' },
  items: 11_873,
};

/** @param shots - examples in each prompt, the same for every item; zero by default */
export function squadPer(variant: TaskVariant = published, shots?: number): Task {
  const abstaining = variant.protocol === 'mini' ? 0.5 : 0.5007;
  return defineTask<SquadItem>({
    kind: 'generate',
    id: taskId(variant, shots),
    title: taskTitle(variant, shots),
    dataset: variant.dataset,
    items: variant.items,
    shots: shots ?? 0,
    withShots: (count) => squadPer(variant, count),
    metric: 'exact',
    chance: abstaining,
    // Abstaining from every question is no answer that a model is held against (docs/scores.md).
    trivialAccuracy: 0,
    baselines: { always_unanswerable: abstaining },
    category: 'generation',
    cluster: squadCluster,
    parse: parseSquadItem,
    itemId: ({ id }) => id,
    expected: ({ answers }) => answers[0] ?? '(no answer)',
    pickExamples: fixedExamples(shots ?? 0),
    question,
    score: (item, { text }) => scoreSpan(item, predictedSpan(text)),
    summarise: summariseSpans,
  });
}

const instruction =
  'Answer the question with the shortest possible span copied from the passage. ' +
  'If the passage does not answer it, write "unanswerable".';

function question(item: SquadItem, examples: readonly SquadItem[]): GenerationQuestion {
  const body = ({ title, context, question: text }: SquadItem): string =>
    `Title: ${title}\n\nPassage: ${context}\n\nQuestion: ${text}`;
  const gold = ({ answers }: SquadItem): string => answers[0] ?? 'unanswerable';
  const turns = examples.flatMap((example): readonly ChatMessage[] => [
    { role: 'user', content: `${instruction}\n\n${body(example)}` },
    { role: 'assistant', content: gold(example) },
  ]);
  const shown = examples.map((example) => `${body(example)}\n\nAnswer: ${gold(example)}\n\n`);
  return {
    prompt: {
      plain: `${instruction}\n\n${shown.join('')}${body(item)}\n\nAnswer:`,
      chat: [...turns, { role: 'user', content: `${instruction}\n\n${body(item)}` }],
    },
    maxTokens: { plain: 32, chat: 32 },
    stop: { plain: ['\n'], chat: [] },
  };
}
