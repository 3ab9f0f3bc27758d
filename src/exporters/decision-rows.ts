import { constraintNames, formatLimit, limitList } from '../core/limits.ts';
import { checkText, type ConstraintCheck, gateText, missedChecks } from '../scoring/constraints.ts';
import type { Decision, DecisionCandidate, WeightCurve } from '../scoring/decision.ts';
import { scoreWithInterval } from '../scoring/board-verdict.ts';
import { humanNumber, humanScale } from '../core/amount-text.ts';

/** A check in words, with the task where there are several. */
function checkOn(check: ConstraintCheck, isSingle: boolean): string {
  return checkText(check, isSingle ? '' : ` on ${check.taskId}`);
}

function shares(value: number): string {
  return value.toFixed(2);
}

/** Why a model isn't the one recommended. */
export function whyNot(candidate: DecisionCandidate, decision: Decision): string {
  const isSingle = decision.tasks.length === 1;
  const failed = missedChecks(candidate.checks);
  if (candidate.score === undefined) return candidate.reasons.join('; ');
  if (failed.length > 0) return failed.map((check) => checkOn(check, isSingle)).join('; ');
  const { requiredAccuracy: required, accuracy } = candidate;
  if (required === undefined || accuracy === undefined) return '';
  if (required >= 1) return `needs accuracy ${required.toFixed(2)}: can't win at any accuracy`;
  return `needs accuracy ${required.toFixed(3)}, has ${accuracy.toFixed(3)}`;
}

function find(decision: Decision, model: string | undefined): DecisionCandidate | undefined {
  return decision.candidates.find((candidate) => candidate.model === model);
}

function scoreText({ score, interval }: DecisionCandidate): string {
  return score === undefined ? '–' : scoreWithInterval(score, interval);
}

/** What is asked, in one line. */
export function questionText({ tasks, constraints, scoreVersion }: Decision): string {
  const isSingle = tasks.length === 1;
  const on = tasks.map(({ taskId, weight }) => (isSingle ? taskId : `${taskId} (weight ${shares(weight)})`));
  const limits = limitList(constraints, constraintNames).map(formatLimit);
  return `which model for ${on.join(', ')}${limits.length > 0 ? `, with ${limits.join(', ')}` : ''}? (${scoreVersion})`;
}

/** The answer, in one sentence. */
export function answerSentence(decision: Decision): string {
  const { outcome, recommended, candidates } = decision;
  if (outcome === 'no-valid-model') {
    const reasons = candidates.map(({ model, reasons: own }) => `${model}: ${own.join('; ')}`);
    return `no valid model: ${reasons.join(' · ') || 'nothing was measured'}`;
  }
  if (outcome === 'none-qualify') return 'no model passes all constraints';
  const winner = find(decision, recommended);
  const sure = winner?.support === undefined ? '' : `, support ${shares(winner.support)} on new items and launches`;
  return `recommended: ${recommended}, ${decision.scoreVersion} ${winner === undefined ? '' : scoreText(winner)}${sure}`;
}

/** Everything that the answer hangs on, as pairs of a word and a phrase. */
export function answerFacts(decision: Decision): readonly (readonly [what: string, text: string])[] {
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
    ...open.map((check) => ['not beyond doubt', checkOn(check, isSingle)] as const),
    ...(unconstrained === undefined ? [] : [['without constraints', told(unconstrained)] as const]),
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
function costText(costSeconds: number | undefined): string {
  if (costSeconds === undefined) return '–';
  const scale = humanScale('ms', [costSeconds * 1000]);
  return `${humanNumber((costSeconds * 1000) / scale.divisor)} ${scale.label}`;
}

export const decisionHeadings = ['#', 'model', 'score', 'support', 'device time', ''] as const;
export const decisionAlignments = ['right', 'left', 'right', 'right', 'right', 'left'] as const;

/** One line of the table for people. */
export function decisionRow(candidate: DecisionCandidate, decision: Decision): readonly string[] {
  const { rank, model, support, costSeconds } = candidate;
  return [
    rank === undefined ? '–' : String(rank),
    model,
    scoreText(candidate),
    support === undefined ? '–' : shares(support),
    costText(costSeconds),
    model === decision.recommended ? 'recommended' : whyNot(candidate, decision),
  ];
}
