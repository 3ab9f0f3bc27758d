import { squadRecord } from '../core/dataset-record.ts';
import type { ItemScore } from '../core/task.ts';
import { groupMeans, where } from './group-means.ts';
import { contentHash } from './item-id.ts';
import { normalizeSpan, spanExact, spanF1 } from './squad-metric.ts';

export interface SquadItem {
  readonly id: string;
  readonly title: string;
  readonly context: string;
  readonly question: string;
  /** Empty where the passage has no answer. */
  readonly answers: readonly string[];
}

/** @throws {z.ZodError} if the record doesn't fit */
export function parseSquadItem(record: unknown): SquadItem {
  const { id, title, context, question, answers } = squadRecord.parse(record);
  return { id, title, context, question, answers };
}

/** The passage: its questions share it, so their scores are dependent. */
export function squadCluster({ context }: SquadItem): string {
  return contentHash(context, 16);
}

/** @param span - empty, or nothing but articles and punctuation, for "no answer" */
export function scoreSpan(item: SquadItem, span: string): ItemScore {
  const isEmpty = normalizeSpan(span) === '';
  return {
    value: spanExact(span, item.answers),
    answer: isEmpty ? '(no answer)' : span.trim(),
    isUnparsed: false,
    metrics: { f1: spanF1(span, item.answers), predicted_no_answer: isEmpty ? 1 : 0 },
    detail: { hasAnswer: item.answers.length > 0 },
  };
}

/** The two halves of the data set apart, as the official script prints them. */
export function summariseSpans(scores: readonly ItemScore[]): Readonly<Record<string, number>> {
  const f1 = (score: ItemScore): number => score.metrics['f1'] ?? 0;
  return groupMeans(scores, {
    has_answer_exact: where('hasAnswer', true, ({ value }) => value),
    has_answer_f1: where('hasAnswer', true, f1),
    no_answer_exact: where('hasAnswer', false, ({ value }) => value),
    no_answer_f1: where('hasAnswer', false, f1),
  });
}
