import { decimalsFor, humanScale } from '../core/amount-text.ts';
import { constraintNames, formatLimit, limitList } from '../core/limits.ts';
import { scoreWithInterval } from '../scoring/board-verdict.ts';
import { checkText, type ConstraintCheck, gateText, missedChecks } from '../scoring/constraints.ts';
import type { Decision, DecisionCandidate, WeightCurve } from '../scoring/decision.ts';
import {
  type Cell,
  column,
  type Document,
  createDocument,
  gap,
  line,
  listBlock,
  missing,
  numberCell,
  type RecordColumn,
  records,
  type Row,
  row,
  table,
  tableBlock,
  textBlock,
} from './document.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-decision/1';

/** A check in words, with the task where there are several. */
function checkOn(check: ConstraintCheck, isSingle: boolean): string {
  return checkText(check, isSingle ? '' : ` on ${check.taskId}`);
}

function shares(value: number): string {
  return value.toFixed(2);
}

/** Why a model isn't the one recommended. */
function whyNot(candidate: DecisionCandidate, decision: Decision): string {
  const isSingle = decision.tasks.length === 1;
  const failed = missedChecks(candidate.checks);
  if (candidate.score === undefined) return candidate.reasons.join('; ');
  if (failed.length > 0) return failed.map((check) => checkOn(check, isSingle)).join('; ');
  const { requiredAccuracy: required, accuracy } = candidate;
  if (required === undefined || accuracy === undefined) return '';
  if (required >= 1) return `needs accuracy ${required.toFixed(2)}: cannot win at any accuracy`;
  return `needs accuracy ${required.toFixed(3)}, has ${accuracy.toFixed(3)}`;
}

function find(decision: Decision, model: string | undefined): DecisionCandidate | undefined {
  return decision.candidates.find((candidate) => candidate.model === model);
}

function scoreText({ score, interval }: DecisionCandidate): string {
  return score === undefined ? '–' : scoreWithInterval(score, interval);
}

function questionText({ tasks, constraints, scoreVersion }: Decision): string {
  const isSingle = tasks.length === 1;
  const on = tasks.map(({ taskId, weight }) => (isSingle ? taskId : `${taskId} (weight ${shares(weight)})`));
  const limits = limitList(constraints, constraintNames).map(formatLimit);
  return `which model for ${on.join(', ')}${limits.length > 0 ? `, with ${limits.join(', ')}` : ''}? (${scoreVersion})`;
}

function answerSentence(decision: Decision): string {
  const { outcome, recommended, candidates } = decision;
  if (outcome === 'no-valid-model') {
    const reasons = candidates.map(({ model, reasons: own }) => `${model}: ${own.join('; ')}`);
    return `no valid model: ${reasons.join(' · ') || 'nothing was measured'}`;
  }
  if (outcome === 'none-qualify') return 'no model meets the limits';
  const winner = find(decision, recommended);
  const sure = winner?.support === undefined ? '' : `, support ${shares(winner.support)} on new items and launches`;
  return `recommended: ${recommended}, ${decision.scoreVersion} ${winner === undefined ? '' : scoreText(winner)}${sure}`;
}

/** Everything that the answer hangs on, as pairs of a word and a phrase. */
function answerFacts(decision: Decision): readonly (readonly [what: string, text: string])[] {
  const { runnerUp, nextCheaper, unconstrained, nearestMiss, largestGates } = decision;
  const isSingle = decision.tasks.length === 1;
  const winner = find(decision, decision.recommended);
  const told = (model: string | undefined): string => {
    const candidate = find(decision, model);
    if (candidate === undefined) return '';
    const why = whyNot(candidate, decision);
    const support = candidate.support === undefined ? '' : `, support ${shares(candidate.support)}`;
    const score = candidate.score === undefined ? '' : ` ${candidate.score.toFixed(3)}${support}`;
    return `${candidate.model}${score}${why === '' ? '' : `: ${why}`}`;
  };
  const tied = decision.candidates.filter(
    ({ isInTieGroup, model }) => isInTieGroup === true && model !== decision.recommended,
  );
  const open = (winner?.checks ?? []).filter(({ isSure }) => isSure === false);
  return [
    ...(runnerUp === undefined ? [] : [['runner-up', told(runnerUp)] as const]),
    ...(tied.length > 0
      ? [['tie', `not significantly worse: ${tied.map(({ model }) => model).join(', ')}`] as const]
      : []),
    ...open.map((check) => ['uncertain', checkOn(check, isSingle)] as const),
    ...(unconstrained === undefined ? [] : [['without limits', told(unconstrained)] as const]),
    ...(nextCheaper === undefined || nextCheaper === runnerUp ? [] : [['next cheaper', told(nextCheaper)] as const]),
    ...(nearestMiss === undefined ? [] : [['nearest miss', told(nearestMiss)] as const]),
    ...largestGates.map((gate) => ['would pass', gateText(gate)] as const),
    ...decision.curves.flatMap((curve) => {
      const text = curveText(curve, decision.recommended);
      return text === undefined ? [] : [['depends on weights', text] as const];
    }),
  ];
}

/** Who wins at other weights; nothing where the same model always does. */
function curveText({ of, weight, segments }: WeightCurve, recommended: string | undefined): string | undefined {
  const others = segments.filter(({ model }) => model !== recommended);
  if (others.length === 0) return undefined;
  const parts = others.map(({ model, from, to }) => {
    if (shares(from) === shares(to)) return `${model} around ${shares(from)}`;
    if (from === 0) return `${model} below ${shares(to)}`;
    return to === 1 ? `${model} from ${shares(from)}` : `${model} from ${shares(from)} to ${shares(to)}`;
  });
  return `weight of ${of} (now ${shares(weight)}): ${parts.join(', ')}`;
}

/** Device time per item for people: `120 ms`. */
function costCell(costSeconds: number | undefined): Cell {
  if (costSeconds === undefined) return missing;
  const scale = humanScale('ms', [costSeconds * 1000]);
  const value = (costSeconds * 1000) / scale.divisor;
  return numberCell(value, decimalsFor(value), { after: ` ${scale.label}` });
}

function candidateRow(candidate: DecisionCandidate, decision: Decision): Row {
  const { rank, model, support, costSeconds, score, interval } = candidate;
  return row([
    numberCell(rank, 0),
    model,
    score === undefined || interval === undefined ? numberCell(score, 3) : scoreWithInterval(score, interval),
    numberCell(support, 2),
    costCell(costSeconds),
    model === decision.recommended ? 'recommended' : whyNot(candidate, decision),
  ]);
}

const recordColumns: readonly RecordColumn<[DecisionCandidate, Decision]>[] = [
  ['rank', ({ rank }) => rank],
  ['model', ({ model }) => model],
  ['is_recommended', ({ model }, { recommended }) => String(model === recommended)],
  ['is_eligible', ({ isEligible }) => String(isEligible)],
  ['score_version', (_, { scoreVersion }) => scoreVersion],
  ['score', ({ score }) => score],
  ['score_low', ({ interval }) => interval?.low],
  ['score_high', ({ interval }) => interval?.high],
  ['support', ({ support }) => support],
  ['device_seconds', ({ costSeconds }) => costSeconds],
  ['accuracy', ({ accuracy }) => accuracy],
  ['required_accuracy', ({ requiredAccuracy }) => requiredAccuracy],
  ['why_not', (candidate, decision) => whyNot(candidate, decision) || undefined],
];

/** A decision: the answer, what it hangs on, every model with its reason. */
export function decisionDocument(decision: Decision): Document {
  const { candidates, notes, outcome } = decision;
  const verdict = answerSentence(decision);
  const question = questionText(decision);
  const facts = answerFacts(decision).map(([what, text]) => line(text, 'plain', what));
  const told = notes.map((note) => line(note, 'muted'));
  const models = tableBlock(
    table(
      ['#', 'model', 'score', 'support', 'device time', ''].map((heading) =>
        column(heading, heading === 'model' || heading === '' ? 'left' : 'right'),
      ),
      candidates.map((candidate) => candidateRow(candidate, decision)),
    ),
  );
  return createDocument({
    schema,
    verdict,
    screen: [
      textBlock(question, 'muted'),
      textBlock(verdict, 'title', outcome === 'recommended' ? 'best' : 'doubtful'),
      ...listBlock(facts, 2),
      gap,
      models,
      ...listBlock(told, 2),
    ],
    page: [
      { kind: 'heading', text: verdict, level: 3, tone: 'title' },
      textBlock(question),
      models,
      ...listBlock([...facts, ...told]),
    ],
    records: records(
      recordColumns,
      candidates.map((candidate) => [candidate, decision]),
    ),
    data: { schema, answer: verdict, ...decision },
  });
}
