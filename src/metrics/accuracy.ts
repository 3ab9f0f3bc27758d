import { percentText } from '../core/amount-text.ts';
import type { Warning, Measurement } from '../core/measurement.ts';
import type { LabelShares } from './label-shares.ts';
import type { SampleSummary } from '../core/store.ts';
import { thresholds } from '../core/thresholds.ts';
import { scoreInterval } from '../stats/score-interval.ts';

export interface TrivialComparison {
  readonly value: number;
  /** Standard error of the value. */
  readonly error: number;
  /** Names and scores of answers without a model, such as `{"chance": 0.25}`. */
  readonly trivial: Readonly<Record<string, number>>;
  readonly labels: LabelShares | undefined;
}

const phrases: Readonly<Record<string, string>> = {
  longest: 'always picking the longest choice',
  shortest: 'always picking the shortest choice',
  majority: 'always giving the most common label',
  always_empty: 'always giving an empty answer',
  always_unanswerable: 'always answering "unanswerable"',
};

/** What no model is needed for, and whether the answers lean towards a label; at most one warning of each kind. */
export function trivialWarnings({ value, error, trivial, labels }: TrivialComparison): readonly Warning[] {
  // What always giving the commonest label scores on these very items stands above the published figure.
  const all = { ...trivial, ...(labels !== undefined && { majority: labels.majority }) };
  const near = Object.entries(all).filter(([, score]) => value < score + 2 * error);
  const shown = near.map(([name, score]) => ({ name, score: score.toFixed(3) }));
  const names = shown
    .filter(({ score }, index) => shown.findIndex((other) => other.score === score) === index)
    .map(({ name, score }) => `${phrases[name] ?? name.replaceAll('_', ' ')} (${score})`);
  const chance: Warning[] =
    names.length === 0
      ? []
      : [{ reason: 'near_chance', detail: `within two standard errors of ${names.join(', ')}, or below` }];
  return labels?.isBiased === true ? [...chance, labelWarning(labels)] : chance;
}

function labelWarning({ labels, items, unread, distance }: LabelShares): Warning {
  const answered = items - unread;
  const surplus = ({ gold, predicted }: (typeof labels)[number]): number => predicted / answered - gold / items;
  const [most] = labels.toSorted((left, right) => surplus(right) - surplus(left));
  const which =
    most === undefined
      ? ''
      : `"${most.label}" is ${percentText(most.predicted, 0, answered)} of the answers but correct for ${percentText(most.gold, 0, items)} of the items; `;
  return {
    reason: 'label_bias',
    detail: `${which}total variation distance of given and correct answers: ${distance.toFixed(2)}`,
  };
}

/** One entry per item. */
export interface ScoredItems {
  readonly scores: readonly number[];
  /** What items depend on together, such as their passage; undefined where all are independent. */
  readonly clusters: readonly string[] | undefined;
  /** Right and given answers by label, of tasks that have labels. */
  readonly labels?: LabelShares | undefined;
}

function doubts({ items, failed, unparsed, truncated, budgetCut, contentFiltered }: SampleSummary): Warning[] {
  const found: Warning[] = [];
  if (failed > thresholds.failed * items)
    found.push({ reason: 'errors', detail: `${failed} of ${items} items failed and count as wrong` });
  else if (failed > 0) found.push({ reason: 'some_failed', detail: `${failed} of ${items} items failed` });
  if (unparsed > thresholds.unparsed * items) {
    found.push({
      reason: 'unparsed',
      detail: `${percentText(unparsed, 1, items)} of the outputs had no recognizable answer`,
    });
  }
  if (truncated > thresholds.truncated * items) {
    found.push({
      reason: 'truncated',
      detail: `${percentText(truncated, 1, items)} of the answers ended at the token limit`,
    });
  }
  if (budgetCut > thresholds.cut * items) {
    const detail = `${percentText(budgetCut, 1, items)} of the items have no answer: thinking had no end within its tokens (raise the budget, as in --thinking 4096)`;
    found.push({ reason: 'budget_cut', detail });
  }
  if (contentFiltered > thresholds.cut * items) {
    const detail = `${percentText(contentFiltered, 1, items)} of the answers were held back by the server's content filter`;
    found.push({ reason: 'content_filter', detail });
  }
  if (items < thresholds.smallSample) found.push({ reason: 'small_sample', detail: `only ${items} items` });
  return found;
}

/**
 * Mean score over the items, with an interval that suits them (see `scoreInterval`).
 *
 * The interval is about new items of the same kind, not about the rest of the benchmark.
 *
 * @param trivial names and scores of answers without a model, such as `{"chance": 0.25}`
 */
export function accuracyMeasurement(
  summary: SampleSummary,
  { scores, clusters, labels }: ScoredItems,
  trivial: Readonly<Record<string, number>>,
): Measurement {
  const { items, scoreSum, scoreSquareSum } = summary;
  if (items === 0) return { status: 'unavailable', reason: 'no_samples', detail: 'no items were evaluated' };
  const value = scoreSum / items;
  const variance = items > 1 ? Math.max(0, (scoreSquareSum - items * value ** 2) / (items - 1)) : 0;
  const error = Math.sqrt(variance / items);
  const warnings = [...doubts(summary), ...trivialWarnings({ value, error, trivial, labels })];
  return {
    status: 'measured',
    value,
    unit: 'ratio',
    n: items,
    interval: scoreInterval(scores, { clusters }),
    warnings,
  };
}
