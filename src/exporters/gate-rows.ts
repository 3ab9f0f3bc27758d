import type { GateCheck, GateResult } from '../scoring/gate.ts';
import { signed } from '../scoring/comparison-verdict.ts';
import { comparedMetricFacts } from '../scoring/comparison.ts';
import { humanNumber, humanScale } from '../core/amount-text.ts';

function valueText(value: number, { unit, metric }: GateCheck): string {
  if (metric === 'accuracy') return value.toFixed(3);
  const scale = humanScale(unit ?? 'count', [value]);
  const text = humanNumber(value / scale.divisor);
  return scale.label === '' ? text : `${text} ${scale.label}`;
}

function amountText(value: number, check: GateCheck): string {
  switch (check.kind) {
    case 'difference':
      return `${signed(100 * value)} points`;
    case 'ratio':
      return `${signed(100 * (value - 1))} %`;
    case 'value':
      return valueText(value, check);
    default:
      return check.kind satisfies never;
  }
}

/** `throughput at least −5.0 % of the baseline`, as a demand. */
export function demandText(check: GateCheck): string {
  const { label } = comparedMetricFacts[check.metric];
  const against = check.kind === 'value' ? '' : ' against the baseline';
  return `${label} ${check.isUpper ? 'at most' : 'at least'} ${amountText(check.bound, check)}${against}`;
}

/** `+1.2 % [−0.8 %, +3.1 %]`, or that there is nothing. */
export function evidenceText(check: GateCheck): string {
  const { estimate, interval } = check;
  if (estimate === undefined) return 'nothing measured';
  const range =
    interval === undefined ? '' : ` [${amountText(interval.low, check)}, ${amountText(interval.high, check)}]`;
  return `${amountText(estimate, check)}${range}`;
}

/** `gsm8k/per@1 / alpha`. */
export function placeText({ taskId, model }: GateCheck): string {
  return `${taskId} / ${model}`;
}

/** One check in one sentence. */
export function checkSentence(check: GateCheck): string {
  const notes = check.notes.length === 0 ? '' : ` (${check.notes.join('; ')})`;
  return `${placeText(check)}: wanted ${demandText(check)}, got ${evidenceText(check)}: ${check.outcome}${notes}`;
}

export const gateHeadings = ['task', 'model', 'wanted', 'got', 'outcome'] as const;

/** One line of the table for people. */
export function gateRow(check: GateCheck): readonly string[] {
  return [
    check.taskId,
    check.model,
    demandText(check),
    evidenceText(check),
    `${check.outcome}${check.notes.length > 0 ? ' !' : ''}`,
  ];
}

/** The gate's verdict in one sentence; every place that prints one takes it from here. */
export function gateSentence({ outcome, checks, ruled, rule }: GateResult): string {
  const count = (wanted: GateCheck['outcome']): number => checks.filter((check) => check.outcome === wanted).length;
  const parts = (['fail', 'inconclusive', 'pass'] as const)
    .map((wanted) => [wanted, count(wanted)] as const)
    .filter(([, n]) => n > 0)
    .map(([wanted, n]) => `${n} ${{ fail: 'failed', inconclusive: 'inconclusive', pass: 'passed' }[wanted]}`);
  const why = ruled > 0 ? ` (inconclusive counts as ${rule}, as was asked)` : '';
  const of = `of ${checks.length} ${checks.length === 1 ? 'check' : 'checks'}: ${parts.join(', ')}`;
  return `gate ${{ pass: 'passed', fail: 'failed', inconclusive: 'inconclusive' }[outcome]}, ${of}${why}`;
}
