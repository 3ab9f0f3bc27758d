import type { ContinuationScore } from '../../core/engine.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import type { ItemScore } from '../../core/task.ts';
import { scoreChoices } from '../choice-scores.ts';
import type { RowFacts } from './row-facts.ts';

/** The verdict by likelihood: of several right choices the one that the model prefers counts. */
export function scoreContinuations(
  { answer, labels = [] }: ResolvedTask,
  { right }: RowFacts,
  candidates: readonly string[],
  continuations: readonly ContinuationScore[],
): ItemScore {
  const positions = answer === 'label' ? right.texts.map((label) => labels.indexOf(label)) : right.positions;
  const verdicts = positions.map((gold) => scoreChoices(candidates, gold, continuations, 'acc'));
  const verdict = verdicts.find(({ value }) => value === 1) ?? verdicts[0];
  if (verdict === undefined) throw new RangeError("a row without a right choice can't be scored");
  const names = Object.keys(verdict.metrics);
  const best = names.map((name) => [name, Math.max(...verdicts.map(({ metrics }) => metrics[name] ?? 0))] as const);
  const scored = { ...verdict, metrics: Object.fromEntries(best) };
  if (answer !== 'label') return scored;
  const { gold, predicted } = verdict.detail ?? {};
  return { ...scored, detail: { gold: labels[Number(gold)] ?? '', predicted: labels[Number(predicted)] ?? '' } };
}
