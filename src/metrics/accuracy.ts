import { countText, percentText } from '../core/amount-text.ts';
import type { Thinking } from '../core/engine.ts';
import { defaultThinkingBudget } from '../core/model-setting.ts';
import type { Warning, Measurement } from '../core/measurement.ts';
import type { LabelShares } from './label-shares.ts';
import type { SampleSummary } from '../core/store.ts';
import { thresholds } from '../core/thresholds.ts';
import { type LabelledAnswers, macroF1, macroF1Interval } from '../stats/macro-f1.ts';
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
  /** Right and given labels, of tasks that know all labels there are. */
  readonly answers?: Pick<LabelledAnswers, 'gold' | 'predicted'> | undefined;
}

/** What could be done about thoughts without an end; empty where more tokens are no help, or nobody knows how many there were. */
function budgetAdvice({ mostCutTokens }: SampleSummary, thinking: Thinking | undefined): string {
  if (thinking === undefined) return '';
  const { mode, budget } = thinking;
  if (mode !== 'on') return ` (no budget of thoughts was set: give one, as in --thinking ${defaultThinkingBudget})`;
  if (budget === undefined) return '';
  const own = `${countText(budget)} tokens`;
  const larger = `as in --thinking ${2 * budget}`;
  if (mostCutTokens === undefined) return ` (a budget above ${own} may help, ${larger})`;
  if (mostCutTokens >= budget) return ` (its ${own} were used up: raise the budget, ${larger})`;
  return ` (after ${countText(mostCutTokens)} of ${own} at most: a larger budget is no help)`;
}

function doubts(summary: SampleSummary, thinking: Thinking | undefined): Warning[] {
  const { items, failed, unparsed, truncated, budgetCut, contentFiltered } = summary;
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
    const detail = `${percentText(budgetCut, 1, items)} of the items have no answer: the output ended while the model was thinking${budgetAdvice(summary, thinking)}`;
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
 * @param thinking what became of the model's setting; undefined where nobody knows
 */
export function accuracyMeasurement(
  summary: SampleSummary,
  { scores, clusters, labels }: ScoredItems,
  trivial: Readonly<Record<string, number>>,
  thinking?: Thinking,
): Measurement {
  const { items, scoreSum, scoreSquareSum } = summary;
  if (items === 0) return { status: 'unavailable', reason: 'no_samples', detail: 'no items were evaluated' };
  const value = scoreSum / items;
  const variance = items > 1 ? Math.max(0, (scoreSquareSum - items * value ** 2) / (items - 1)) : 0;
  const error = Math.sqrt(variance / items);
  const warnings = [...doubts(summary, thinking), ...trivialWarnings({ value, error, trivial, labels })];
  return {
    status: 'measured',
    value,
    unit: 'ratio',
    n: items,
    interval: scoreInterval(scores, { clusters }),
    warnings,
  };
}

/**
 * Macro F1 over the items, with the doubts of their accuracy.
 *
 * @returns undefined where the task has no labels, or nothing was measured
 */
export function macroF1Measurement(accuracy: Measurement, { answers, clusters }: ScoredItems): Measurement | undefined {
  if (accuracy.status === 'unavailable' || answers === undefined || answers.gold.length === 0) return undefined;
  const labelled = { ...answers, clusters };
  return { ...accuracy, value: macroF1(labelled), interval: macroF1Interval(labelled) };
}
