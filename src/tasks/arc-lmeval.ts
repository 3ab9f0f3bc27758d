/**
 * ARC-Easy as lm-eval's task `arc_easy` version 1.0 has it: the choice whose text is likeliest.
 *
 * Protocol arc_easy/lmeval@1:
 * - zero-shot, plain text for every model; the context is `Question: …\nAnswer:`, each continuation a space and the
 *   text of a choice; all three to five choices count;
 * - headline `acc` (highest total log-probability; ties: the first), `acc_norm` by code points beside it, and bytes
 *   and tokens as for HellaSwag.
 *
 * Not covered: the choices are not shown to the model, so scores aren't comparable with `arc_easy/letters@1`.
 */
import { defineTask, type ItemScore, type LikelihoodQuestion, type Task } from '../core/task.ts';
import { parseArcItem, type ArcItem } from './arc-item.ts';
import { pickChoices } from './choice-scores.ts';
import { perItemExamples } from './example-picker.ts';
import { taskId, taskTitle, type TaskVariant } from './task-variant.ts';

const variant: TaskVariant = {
  name: 'arc_easy',
  protocol: 'lmeval',
  version: 1,
  title: 'ARC-Easy, lm-eval',
  dataset: { name: 'arc_easy', split: 'test', fewShotSplit: 'train' },
  items: 2376,
};

/** @param shots - examples in each prompt, drawn anew for every item; zero by default */
export function arcLmEval(shots?: number): Task {
  return defineTask<ArcItem>({
    kind: 'loglikelihood',
    id: taskId(variant, shots),
    title: taskTitle(variant, shots),
    dataset: variant.dataset,
    items: variant.items,
    shots: shots ?? 0,
    withShots: arcLmEval,
    metric: 'acc',
    chance: 0.2502,
    baselines: { longest: 0.266 },
    category: 'classification',
    parse: parseArcItem,
    itemId: ({ id }) => id,
    expected: ({ choices, gold }) => choices[gold] ?? '',
    pickExamples: perItemExamples(shots ?? 0),
    question,
    score: (item, { continuations }) => scoreChoices(item, pickChoices(item.choices, continuations)),
  });
}

function question(item: ArcItem, examples: readonly ArcItem[]): LikelihoodQuestion {
  const ask = ({ question: text }: ArcItem): string => `Question: ${text}\nAnswer:`;
  const shown = examples.map((example) => `${ask(example)} ${example.choices[example.gold] ?? ''}\n\n`);
  return { context: shown.join('') + ask(item), continuations: item.choices.map((choice) => ` ${choice}`) };
}

function scoreChoices(item: ArcItem, picks: ReturnType<typeof pickChoices>): ItemScore {
  const isRight = (position: number): number => (position === item.gold ? 1 : 0);
  return {
    value: isRight(picks.acc),
    answer: item.choices[picks.acc],
    isUnparsed: false,
    metrics: {
      acc_norm: isRight(picks.acc_norm),
      acc_bytes: isRight(picks.acc_bytes),
      acc_token: isRight(picks.acc_token),
      ties: picks.isTie ? 1 : 0,
    },
    detail: { gold: item.gold, predicted: picks.acc },
  };
}
