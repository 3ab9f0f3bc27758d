import { measuredText, percentText } from '../core/amount-text.ts';
import { limitKind } from '../core/limits.ts';
import { signed, comparedMetricFacts } from '../scoring/comparison.ts';
import type { GateCheck, GateResult } from '../scoring/gate.ts';
import {
  type Check,
  column,
  type Document,
  createDocument,
  gap,
  line,
  listBlock,
  type RecordColumn,
  records,
  row,
  table,
  tableBlock,
  textBlock,
} from './document.ts';

/** A gate's result with where it comes from. */
export interface Gate {
  readonly result: GateResult;
  /** Ids of the two runs, or `run:model`. */
  readonly baseline: string;
  readonly candidate: string;
  /** Where the limits come from, one phrase each. */
  readonly limitsFrom: readonly string[];
  /** What differs in how the two were made, one sentence each. */
  readonly differences: readonly string[];
  /** Cells without a partner, one sentence each. */
  readonly unmatched: readonly string[];
}

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-gate/1';

function amountText(value: number, { kind, metric, unit, limit }: GateCheck): string {
  switch (kind) {
    case 'difference':
      return `${signed(100 * value)} points`;
    case 'ratio':
      return `${signed(100 * (value - 1))} %`;
    case 'value':
      if (metric === 'accuracy') return value.toFixed(3);
      // What wasn't measured has the unit of the limit.
      return unit === undefined ? limitKind(limit).format(value) : measuredText(value, unit);
    default:
      return kind satisfies never;
  }
}

/** `throughput at least −5.0 % of the baseline`, as a demand. */
function demandText(check: GateCheck): string {
  const { label } = comparedMetricFacts[check.metric];
  const { kind, bound, isUpper, ofBaseline = 0 } = check;
  const against = kind === 'value' ? '' : ' against the baseline';
  const share = ofBaseline > 0 ? `, ${percentText(-bound, 1, ofBaseline)} of its ${ofBaseline.toFixed(3)}` : '';
  return `${label} ${isUpper ? 'at most' : 'at least'} ${amountText(bound, check)}${against}${share}`;
}

/** `+1.2 % [−0.8 %, +3.1 %]`, or that there is nothing. */
function evidenceText(check: GateCheck): string {
  const { estimate, interval } = check;
  if (estimate === undefined) return 'not measured';
  const range =
    interval === undefined ? '' : ` [${amountText(interval.low, check)}, ${amountText(interval.high, check)}]`;
  return `${amountText(estimate, check)}${range}`;
}

/** `gsm8k/per@2 / alpha`. */
function placeText({ taskId, model }: GateCheck): string {
  return `${taskId} / ${model}`;
}

function checkSentence(check: GateCheck): string {
  const notes = check.notes.length === 0 ? '' : ` (${check.notes.join('; ')})`;
  const wanted = check.isAdvisory ? 'advised' : 'required';
  return `${placeText(check)}: ${wanted} ${demandText(check)}, got ${evidenceText(check)}: ${check.outcome}${notes}`;
}

const words = { fail: 'failed', inconclusive: 'inconclusive', pass: 'passed' } as const;

/** `1 failed` and `2 passed`. */
function countParts(checks: readonly GateCheck[]): readonly string[] {
  return (['fail', 'inconclusive', 'pass'] as const)
    .map((each) => [checks.filter(({ outcome }) => outcome === each).length, words[each]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
}

function advisoryText(checks: readonly GateCheck[]): string {
  return checks.length === 0 ? '' : `; advisory: ${countParts(checks).join(', ')}`;
}

/** The gate's verdict in one sentence; every place that prints one takes it from here. */
export function gateSentence({ outcome, checks, ruled }: GateResult): string {
  const required = checks.filter(({ isAdvisory }) => !isAdvisory);
  const advised = advisoryText(checks.filter(({ isAdvisory }) => isAdvisory));
  const verdict = `gate ${words[outcome]}`;
  if (required.length === 0) return `${verdict}: no required checks${advised}`;
  const decisive = ruled > 0 ? 'inconclusive' : outcome;
  const isDecisive = (check: GateCheck): boolean => check.outcome === decisive;
  const others = countParts(required.filter((check) => !isDecisive(check)));
  const why = ruled > 0 ? `inconclusive, which counts as ${words[outcome]}, as requested` : '';
  const notes = [why, others.join(', ')].filter((text) => text !== '').join('; ');
  const count = `${required.filter(isDecisive).length} of ${required.length} check${required.length === 1 ? '' : 's'}`;
  return `${verdict}: ${count}${notes === '' ? '' : ` (${notes})`}${advised}`;
}

/** An open check is an error, unless the user said that it shall count as something else. */
function countsAs({ outcome, isAdvisory }: GateCheck, { rule }: GateResult): Check['countsAs'] {
  if (outcome === 'pass') return 'passed';
  if (isAdvisory) return 'skipped';
  if (outcome === 'fail') return 'failure';
  return rule === 'pass' ? 'skipped' : rule === 'fail' ? 'failure' : 'error';
}

function annotationOf({ outcome, isAdvisory }: GateCheck): Check['annotation'] {
  if (isAdvisory) return outcome === 'fail' ? 'warning' : undefined;
  return ({ pass: undefined, fail: 'error', inconclusive: 'warning' } as const)[outcome];
}

function checkOf(check: GateCheck, result: GateResult): Check {
  const { limit, bound, outcome, estimate, interval } = check;
  return {
    place: placeText(check),
    demand: demandText(check),
    evidence: evidenceText(check),
    sentence: checkSentence(check),
    annotation: annotationOf(check),
    countsAs: countsAs(check, result),
    facts: { limit, severity: severity(check), bound, outcome, estimate, low: interval?.low, high: interval?.high },
  };
}

function severity({ isAdvisory }: GateCheck): string {
  return isAdvisory ? 'advisory' : 'required';
}

const tones = { pass: 'best', fail: 'bad', inconclusive: 'doubtful' } as const;

const recordColumns: readonly RecordColumn<[GateCheck]>[] = [
  ['task', ({ taskId }) => taskId],
  ['model', ({ model }) => model],
  ['limit', ({ limit }) => limit],
  ['severity', severity],
  ['metric', ({ metric }) => metric],
  ['kind', ({ kind }) => kind],
  ['unit', ({ unit }) => unit],
  ['bound', ({ bound }) => bound],
  ['direction', ({ isUpper }) => (isUpper ? 'at most' : 'at least')],
  ['estimate', ({ estimate }) => estimate],
  ['low', ({ interval }) => interval?.low],
  ['high', ({ interval }) => interval?.high],
  ['outcome', ({ outcome }) => outcome],
  ['notes', ({ notes: own }) => own.join('; ') || undefined],
];

/** A gate: a line per check, what speaks against the numbers, and the verdict. */
export function gateDocument({ result, ...origin }: Gate): Document {
  const { baseline, candidate, limitsFrom, differences, unmatched } = origin;
  const verdict = gateSentence(result);
  const checks = tableBlock(
    table(
      [column('task'), column('model'), column('required'), column('measured', 'right'), column('outcome')],
      result.checks.map((check) => {
        const advised = check.isAdvisory ? ' (advisory)' : '';
        const outcome = `${check.outcome}${advised}${check.notes.length > 0 ? ' !' : ''}`;
        const tone = check.isAdvisory && check.outcome === 'fail' ? 'doubtful' : tones[check.outcome];
        return row([check.taskId, check.model, demandText(check), evidenceText(check), outcome], tone);
      }),
    ),
  );
  const notes = listBlock(
    [
      ...result.checks.filter((check) => check.notes.length > 0).map((check) => `! ${checkSentence(check)}`),
      ...differences.map((difference) => `! ${difference}`),
      ...unmatched,
    ].map((text) => line(text, 'muted')),
  );
  return createDocument({
    schema,
    title: `perbench gate: ${candidate} against ${baseline}`,
    verdict,
    screen: [
      textBlock(`candidate ${candidate} against baseline ${baseline}; limits from ${limitsFrom.join(', then ')}`),
      checks,
      ...notes,
      gap,
      textBlock(verdict, 'title', tones[result.outcome]),
    ],
    page: [
      { kind: 'heading', text: verdict, level: 3, tone: 'title' },
      textBlock(`Candidate ${candidate} against baseline ${baseline}.`),
      checks,
      ...notes,
    ],
    records: records(
      recordColumns,
      result.checks.map((check) => [check]),
    ),
    data: { schema, verdict, ...result, ...origin },
    checks: result.checks.map((check) => checkOf(check, result)),
  });
}
