/**
 * HellaSwag: which of four endings continues a description (Zellers et al. 2019, arXiv:1905.07830), by
 * log-likelihood.
 *
 * Protocol hellaswag/per@1 and hellaswag/lmeval@1 (same requests, two headlines):
 * - zero-shot, plain text for every model; the context is `activity: description`, cleaned as lm-eval 1.0 does, and
 *   each continuation is a space and an ending;
 * - per: headline `acc`, the ending with the highest total log-probability, as the paper's numbers suggest; lmeval:
 *   headline `acc_norm`, the total divided by the ending's length in code points;
 * - from the same pass: `acc_bytes` (UTF-8 bytes), `acc_token` (mean after the shared token prefix, the rule of
 *   llama.cpp); ties go to the first ending and are counted.
 *
 * Not covered: letters as answers; the texts of the cleaned file lack the space that lm-eval leaves before endings
 * whose tag was removed.
 */
import { hellaswagRecord } from '../core/dataset-record.ts';
import { rowId } from '../core/item-id.ts';
import { defineTask, type LikelihoodQuestion, type Task } from '../core/task.ts';
import { scoreChoices } from './choice-scores.ts';
import { fixedExamples, perItemExamples } from './example-picker.ts';
import { type TaskVariant, variantFacts } from './task-parts.ts';

export interface HellaswagItem {
  readonly id: string;
  readonly query: string;
  readonly endings: readonly string[];
  /** Position of the right ending. */
  readonly gold: number;
}

const dataset = { name: 'hellaswag', split: 'validation', fewShotSplit: 'train' } as const;
const common = { name: 'hellaswag', version: 1, dataset, items: 10_042 } as const;
const per: TaskVariant = { ...common, protocol: 'per', title: 'HellaSwag' };
const lmeval: TaskVariant = { ...common, protocol: 'lmeval', title: 'HellaSwag, lm-eval' };

/** @param shots - examples in each prompt, the same for every item; zero by default */
export function hellaswagPer(variant: TaskVariant = per, shots?: number): Task {
  const withShots = (count: number): Task => hellaswagPer(variant, count);
  return hellaswag(variant, { metric: 'acc', shots, withShots, pickExamples: fixedExamples(shots ?? 0) });
}

/** @param shots - examples in each prompt, drawn anew for every item; zero by default */
export function hellaswagLmEval(shots?: number): Task {
  return hellaswag(lmeval, {
    metric: 'acc_norm',
    shots,
    withShots: hellaswagLmEval,
    pickExamples: perItemExamples(shots ?? 0),
  });
}

interface Protocol {
  readonly metric: 'acc' | 'acc_norm';
  readonly shots: number | undefined;
  readonly withShots: (shots: number) => Task;
  readonly pickExamples: ReturnType<typeof fixedExamples<HellaswagItem>>;
}

function hellaswag(variant: TaskVariant, { metric, shots, withShots, pickExamples }: Protocol): Task {
  return defineTask<HellaswagItem>({
    kind: 'loglikelihood',
    ...variantFacts(variant, shots),
    withShots,
    metric,
    chance: 0.25,
    baselines: variant.protocol === 'mini' ? { longest: 0.3 } : { longest: 0.241, shortest: 0.253, majority: 0.257 },
    category: 'classification',
    parse: parseHellaswagItem,
    itemId: ({ id }) => id,
    expected: ({ endings, gold }) => endings[gold] ?? '',
    pickExamples,
    question,
    score: ({ endings, gold }, { continuations }) => scoreChoices(endings, gold, continuations, metric),
  });
}

/** @throws {z.ZodError} if the record doesn't fit */
export function parseHellaswagItem(record: unknown, position: number): HellaswagItem {
  const { query, endings, label } = hellaswagRecord.parse(record);
  // Two copies of the data set differ in spaces before endings alone; their items are the same.
  const id = rowId(position, [query, ...endings].map((text) => text.trim()).join('\n'));
  return { id, query, endings, gold: label };
}

function question(item: HellaswagItem, examples: readonly HellaswagItem[]): LikelihoodQuestion {
  const shown = examples.map(({ query, endings, gold }) => `${query} ${endings[gold] ?? ''}\n\n`);
  return { context: shown.join('') + item.query, continuations: item.endings.map((ending) => ` ${ending}`) };
}
