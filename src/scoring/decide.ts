import { accuracyWeightCurve } from './accuracy-weight-curve.ts';
import { checkConstraints, largestGates, missDistance, missedChecks } from './constraints.ts';
import {
  decisionSupport,
  type Decision,
  type DecisionCandidate,
  type DecisionOptions,
  type DecisionTask,
  type WeightCurve,
} from './decision.ts';
import { geometricMean } from '../stats/means.ts';
import { anchoredFactors, equalWeights } from './per-anchored.ts';
import { rankDescending } from '../stats/rank-inference.ts';
import { requiredAccuracy } from './required-accuracy.ts';
import { rawValues, type ScoreboardRow, valueOf } from './scoreboard.ts';

type Scored = DecisionCandidate & { readonly score: number };

function rowOf({ board }: DecisionTask, model: string): ScoreboardRow | undefined {
  return board.rows.find((row) => row.model === model);
}

function taskScore(row: ScoreboardRow | undefined, score: DecisionOptions['score']): number | undefined {
  return score === 'PER-A' ? row?.anchored?.score : row?.score;
}

/** Why a model has no score on a task. */
function reasonsOf(task: DecisionTask, model: string, { score }: DecisionOptions): readonly string[] {
  const row = rowOf(task, model);
  if (row === undefined) return [`was not run on ${task.board.taskId}`];
  if (taskScore(row, score) !== undefined) return [];
  const silent = new Set(['worst', 'doubtful']);
  const ownFlags = row.flags.filter(({ code }) => !silent.has(code));
  // A set that is too small for the score says so itself.
  const own = (ownFlags.length > 0 ? ownFlags : task.board.flags).map(({ text }) => text);
  return own.length > 0 ? own : [`has no ${score} on ${task.board.taskId}`];
}

function costOf(tasks: readonly DecisionTask[], weights: readonly number[], model: string): number | undefined {
  let cost = 0;
  for (const [index, task] of tasks.entries()) {
    const throughput = valueOf(rowOf(task, model)?.measurements.throughput);
    if (throughput === undefined || !(throughput > 0)) return undefined;
    cost += (weights[index] as number) / throughput;
  }
  return cost;
}

function candidateOf(
  tasks: readonly DecisionTask[],
  weights: readonly number[],
  model: string,
  options: DecisionOptions,
): DecisionCandidate {
  const { constraints, pricePerHour, score: name } = options;
  const taskScores = tasks.map((task) => taskScore(rowOf(task, model), name));
  const known = taskScores.filter((score) => score !== undefined);
  const checks = tasks.flatMap((task) => {
    const row = rowOf(task, model);
    return row === undefined ? [] : checkConstraints(row, task.board.taskId, constraints, pricePerHour);
  });
  const score = known.length === tasks.length ? geometricMean(known, weights) : undefined;
  const [task, ...others] = tasks;
  return {
    model,
    score,
    interval: undefined,
    taskScores,
    isEligible: score !== undefined && missedChecks(checks).length === 0,
    rank: undefined,
    checks,
    reasons: tasks.flatMap((each) => reasonsOf(each, model, options)),
    costSeconds: costOf(tasks, weights, model),
    support: undefined,
    isInTieGroup: undefined,
    requiredAccuracy: undefined,
    accuracy: others.length === 0 && task !== undefined ? rawValues(rowOf(task, model))?.accuracy : undefined,
  };
}

function isScored(candidate: DecisionCandidate): candidate is Scored {
  return candidate.score !== undefined;
}

const byScore = (left: DecisionCandidate, right: DecisionCandidate): number =>
  (right.score ?? -1) - (left.score ?? -1) || (left.model < right.model ? -1 : 1);

/** Accuracy that a model needs to beat the champion; one task and PER-A only. */
function requiredOf(
  [task, ...others]: readonly DecisionTask[],
  champion: string,
  model: string,
  { score, weights = equalWeights }: DecisionOptions,
): number | undefined {
  if (task?.anchors === undefined || others.length > 0 || score !== 'PER-A' || model === champion) return undefined;
  if (!(weights.accuracy > 0)) return undefined;
  const [own, other] = [rawValues(rowOf(task, champion)), rawValues(rowOf(task, model))];
  return own === undefined || other === undefined ? undefined : requiredAccuracy(own, other, task.anchors, { weights });
}

/** Who wins at which weight: of accuracy on a single task, else of each task against the rest. */
function weightCurves(
  tasks: readonly DecisionTask[],
  weights: readonly number[],
  eligible: readonly Scored[],
  { score, weights: factorWeights = equalWeights }: DecisionOptions,
): readonly WeightCurve[] {
  const [task, ...others] = tasks;
  if (task !== undefined && others.length === 0) {
    const models = eligible.flatMap(({ model }) => {
      const row = rowOf(task, model);
      const raw = rawValues(row);
      const factors = score === 'PER-A' ? raw && task.anchors && anchoredFactors(raw, task.anchors) : row?.factors;
      return factors === undefined ? [] : [{ model, factors }];
    });
    return [{ of: 'accuracy', weight: factorWeights.accuracy, segments: accuracyWeightCurve(models) }];
  }
  return tasks.map(({ board }, index) => {
    const weight = weights[index] as number;
    const models = eligible.map(({ model, taskScores }) => {
      const own = taskScores[index] as number;
      const rest = taskScores.reduce<number>(
        (product, value, other) =>
          other === index ? product : product * (value as number) ** ((weights[other] as number) / (1 - weight)),
        1,
      );
      // The same straight lines: one logarithm at weight 1, another at weight 0.
      return { model, factors: { accuracy: own, throughput: rest, latency: rest, memory: rest } };
    });
    return { of: board.taskId, weight, segments: accuracyWeightCurve(models) };
  });
}

function nextCheaper(all: readonly DecisionCandidate[], champion: DecisionCandidate): string | undefined {
  const cost = champion.costSeconds;
  if (cost === undefined) return undefined;
  return all
    .filter(({ costSeconds }) => costSeconds !== undefined && costSeconds < cost)
    .toSorted((left, right) => (right.costSeconds ?? 0) - (left.costSeconds ?? 0))[0]?.model;
}

/** What speaks against the numbers of a model that has a score nevertheless. */
function doubtsOf(tasks: readonly DecisionTask[], model: string): readonly string[] {
  return tasks.flatMap((task) =>
    (rowOf(task, model)?.flags ?? [])
      .filter(({ code }) => code === 'doubtful')
      .map(({ text }) => `${model} on ${task.board.taskId}: ${text}`),
  );
}

function scoreNotes(
  tasks: readonly DecisionTask[],
  scored: number,
  champion: Scored | undefined,
  { score }: DecisionOptions,
): readonly string[] {
  const paper =
    score === 'PER-paper'
      ? [
          'PER-paper depends on which other models are in the set and is 0 for the worst in any factor; PER-A does not (--anchors)',
          ...new Set(
            tasks.flatMap(({ board }) =>
              board.flags
                .filter(({ code }) => code === 'degenerate_set' || code === 'small_set')
                .map(({ text }) => text),
            ),
          ),
        ]
      : [];
  const zero = score === 'PER-A' ? 'it is no better than always giving the same answer' : 'it is worst in a factor';
  return [
    ...paper,
    ...(scored === 1 ? ['one model: no ranking'] : []),
    ...(champion === undefined ? [] : doubtsOf(tasks, champion.model)),
    ...(champion?.score === 0 ? [`${champion.model} scores 0: ${zero}`] : []),
  ];
}

/**
 * Recommends a model for one task, or for several by weight: the highest score among those that pass every constraint,
 * with what the answer hangs on.
 *
 * Over several tasks the score is the weighted geometric mean of the tasks' scores, so a model that is useless on one is
 * useless. Source: docs/comparing.md, "Deciding".
 *
 * @throws {RangeError} without tasks, or if a weight isn't above 0
 */
export function decide(tasks: readonly DecisionTask[], options: DecisionOptions): Decision {
  if (tasks.length === 0) throw new RangeError('a decision needs at least one task');
  const bad = tasks.find(({ weight }) => !(weight > 0 && Number.isFinite(weight)));
  if (bad !== undefined) throw new RangeError(`the weight of ${bad.board.taskId} must be above 0, got ${bad.weight}`);
  const total = tasks.reduce((sum, { weight }) => sum + weight, 0);
  const weights = tasks.map(({ weight }) => weight / total);
  const models = [...new Set(tasks.flatMap(({ board }) => board.rows.map(({ model }) => model)))];
  const all = models.map((model) => candidateOf(tasks, weights, model, options)).toSorted(byScore);
  const scored = all.filter(isScored);
  const eligible = scored.filter(({ isEligible }) => isEligible);
  const [champion, second] = eligible;
  const support = decisionSupport(
    tasks,
    weights,
    eligible.map(({ model }) => model),
    eligible.map(({ score }) => score),
    options,
  );
  const ranks = rankDescending(eligible.map(({ score }) => score));
  const candidates = [...eligible, ...all.filter(({ isEligible }) => !isEligible)].map((candidate, index) => {
    const ranked = support?.models.get(candidate.model);
    return {
      ...candidate,
      rank: index < eligible.length ? ranks[index] : undefined,
      interval: ranked?.interval,
      // A single model has none to win against.
      support: eligible.length > 1 ? ranked?.topShare : undefined,
      isInTieGroup: eligible.length > 1 ? ranked?.isInTieGroup : undefined,
      requiredAccuracy:
        champion === undefined ? undefined : requiredOf(tasks, champion.model, candidate.model, options),
    };
  });
  const [nearest] = scored.toSorted((left, right) => missDistance(left.checks) - missDistance(right.checks));
  const noneQualify = champion === undefined && scored.length > 0;
  const [best] = scored;
  const unknown =
    support === undefined && eligible.length > 0
      ? ['confidence unknown: there are neither per-item answers nor intervals']
      : [];
  return {
    outcome: champion !== undefined ? 'recommended' : noneQualify ? 'none-qualify' : 'no-valid-model',
    scoreVersion: tasks[0]?.board.versions.find((version) => version.startsWith(`${options.score}/`)) ?? options.score,
    tasks: tasks.map(({ board: { taskId, title } }, index) => ({ taskId, title, weight: weights[index] as number })),
    constraints: options.constraints,
    candidates,
    recommended: champion?.model,
    runnerUp: second?.model,
    nextCheaper: champion === undefined ? undefined : nextCheaper(all, champion),
    unconstrained: champion !== undefined && best !== undefined && best.score > champion.score ? best.model : undefined,
    nearestMiss: noneQualify ? nearest?.model : undefined,
    largestGates: noneQualify ? largestGates(scored) : [],
    curves: champion === undefined ? [] : weightCurves(tasks, weights, eligible, options),
    resamples: support?.resamples,
    notes: [...scoreNotes(tasks, scored.length, champion, options), ...unknown, ...(support?.notes ?? [])],
  };
}
