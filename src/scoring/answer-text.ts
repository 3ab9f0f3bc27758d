import { measuredText, percentText } from '../core/amount-text.ts';
import { namedModels, type Answer, type Answers, type Candidate, type Difference } from './answer.ts';
import { listText, shortListText } from './board-text.ts';
import { gateText, hasConstraints } from './constraints.ts';
import { headlineName } from './headline.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from './scoreboard.ts';
import { boundText, rightText } from './usable.ts';

/** `3.1x`, `12x`. */
function timesText(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)}x`;
}

/** A difference that the paired test doesn't tell from none. */
function isUnclear({ factor, interval, change, isSignificant }: Difference): boolean {
  return factor === 'accuracy' && !isSignificant && (interval !== undefined || Math.abs(change) < 0.005);
}

/**
 * `right 4 points more often (95 %: 1 to 7)`; `3.1x faster`; `needs 40 % of the memory`.
 *
 * @param metric what accuracy is, where that is no share of right answers
 */
function differenceText(difference: Difference, metric: string | undefined): string {
  const { factor, change, interval } = difference;
  if (isUnclear(difference)) return `no clear difference in ${metric ?? 'accuracy'}`;
  if (factor === 'accuracy') {
    const sign = change < 0 ? -1 : 1;
    const points = Math.max(1, Math.round(Math.abs(change) * 100));
    const [low, high] = [interval?.low ?? 0, interval?.high ?? 0]
      .map((end) => Math.round(100 * sign * end))
      .toSorted((left, right) => left - right);
    const range = interval === undefined ? '' : ` (95 %: ${low} to ${high})`;
    const by = `${points} ${points === 1 ? 'point' : 'points'}`;
    // Items are paired by whether they are right, which says nothing of how far a macro F1 can be off.
    if (metric !== undefined) return `${metric} ${by} ${change < 0 ? 'lower' : 'higher'}`;
    return `right ${by} ${change < 0 ? 'less' : 'more'} often${range}`;
  }
  const more = Math.max(change, 1 / change);
  if (factor === 'memory')
    return change < 1 ? `needs ${percentText(change)} of the memory` : `needs ${timesText(more)} the memory`;
  const doubt = difference.isDoubtful ? ' (doubtful)' : '';
  if (factor === 'throughput') return `${timesText(more)} ${change > 1 ? 'faster' : 'slower'}${doubt}`;
  const time =
    change < 1 ? `answers in ${percentText(change)} of the time` : `takes ${timesText(more)} as long to answer`;
  return time + doubt;
}

/** Latency says nothing beside throughput where the two differ alike. */
function told(differences: readonly Difference[]): readonly Difference[] {
  const throughput = differences.find(({ factor }) => factor === 'throughput');
  return differences.filter(
    ({ factor, change }) =>
      factor !== 'latency' ||
      throughput === undefined ||
      Math.abs(Math.log(change * throughput.change)) > Math.log(1.3),
  );
}

/** `compared with b: 3.1x faster and needs 40 % of the memory, but right 4 points less often (95 %: 1 to 7)`. */
function comparedText({ because, atCost }: Answer, other: string, metric: string | undefined): string {
  const all = told([...because, ...atCost]);
  const wordsOf = (difference: Difference): string => differenceText(difference, metric);
  const of = (list: readonly Difference[]): readonly string[] =>
    list.filter((difference) => all.includes(difference) && !isUnclear(difference)).map(wordsOf);
  const [better, worse] = [of(because), of(atCost)];
  const unclear = all.filter(isUnclear).map(wordsOf);
  const parts = [
    ...(better.length > 0 ? [listText(better)] : []),
    ...(worse.length > 0 ? [`${better.length > 0 ? 'but ' : ''}${listText(worse)}`] : []),
    ...unclear,
  ];
  return parts.length === 0 ? `practically equal to ${other}` : `compared with ${other}: ${parts.join(', ')}`;
}

/** `is right 93 times in 100`, or `has a macro F1 of 0.713`; of fewer items how many they were, since so few say little: `is right on 12 of 12 items (95 %: 76 to 100 %)`. */
function rightWords(
  { measurements: { accuracy: measured } }: ScoreboardRow,
  accuracy: number,
  items: number | undefined,
  metric: string | undefined,
): string {
  if (metric !== undefined) return `has a ${metric} of ${accuracy.toFixed(3)}`;
  const interval = measured === undefined || measured.status === 'unavailable' ? undefined : measured.interval;
  if (items === undefined || items >= 100) return `is right ${Math.round(100 * accuracy)} times in 100`;
  const right = Number((accuracy * items).toFixed(1));
  const range =
    interval === undefined ? '' : ` (95 %: ${Math.round(100 * interval.low)} to ${percentText(interval.high)})`;
  return `is right on ${right} of ${items} items${range}`;
}

/** `gemma is right 93 times in 100, takes 0.9 s for an answer and needs 0.4 GiB`. */
function numbersText(board: Scoreboard, model: string, answer: Answer): string {
  const row = board.rows.find((candidate) => candidate.model === model);
  const [accuracy, latency, memory] = (['accuracy', 'latency', 'memory'] as const).map((factor) =>
    valueOf(row?.measurements[factor]),
  );
  const isPerToken = board.units.latency === 'ms/token';
  const parts = [
    ...(row === undefined || accuracy === undefined
      ? []
      : [rightWords(row, accuracy, find(answer, model)?.usability[0]?.items, headlineName(board.metric))]),
    ...(latency === undefined
      ? []
      : [`takes ${measuredText(latency, 'ms')} for ${isPerToken ? 'a token' : 'an answer'}`]),
    ...(memory === undefined ? [] : [`needs ${measuredText(memory, 'bytes')}`]),
  ];
  return `${model} ${listText(parts)}`;
}

/** `none is shown to exceed chance (0.25): a 7 of 16 right, b 4 of 16 right`, where that is all there is to say. */
function unprovenText({ candidates, missing }: Extract<Answer, { kind: 'unknown' }>): string | undefined {
  const open = candidates.filter(({ model }) => missing.some((gap) => gap.model === model));
  const usability = open.flatMap(({ model, usability: [own, ...others] }) =>
    own === undefined || others.length > 0 ? [] : [{ model, own }],
  );
  const [first] = usability;
  const isAlike = usability.every(({ own }) => own.state === 'unproven' && own.foreignLabels === undefined);
  if (first === undefined || usability.length < open.length || !isAlike) return undefined;
  const { bound } = first.own;
  const verb = bound.of === 'limit' ? 'reach' : 'exceed';
  const who = open.length === 1 ? `${first.model} is not` : 'None is';
  const right = usability.map(({ model, own }) => (open.length === 1 ? '' : `${model} `) + rightText(own));
  return `${who} shown to ${verb} ${boundText(bound, first.own.metric)}: ${right.join(', ')}`;
}

function gapsText(gaps: readonly { readonly model: string; readonly reasons: readonly string[] }[]): string {
  return gaps.map(({ model, reasons }) => `${model}: ${reasons.join('; ')}`).join(' · ');
}

function needsText(answer: Extract<Answer, { kind: 'unknown' }>): string {
  const texts = answer.needs.map((need) => {
    switch (need.what) {
      case 'items': {
        const { items, available } = need;
        const left = available === 0 ? 'none left' : `only ${available} more`;
        const short = available === undefined || available >= items ? '' : ` (the task has ${left})`;
        return `about ${items} more items${short}`;
      }
      case 'quiet':
        return 'the same run on a quiet machine';
      case 'numbers':
        return 'the numbers that are missing or not valid';
      case 'race':
        return 'the same race again, which takes the launches of this one into account';
      default:
        return need satisfies never;
    }
  });
  return listText(texts);
}

/** In what a model is the only one. */
function onlyWords({ confidence, limits }: Extract<Answer, { kind: 'recommend' }>): string {
  if (confidence.why.length > 0) return 'model shown to be usable';
  return hasConstraints(limits) ? 'usable model within the limits' : 'usable model';
}

/** Whether nothing but limits is in the way: every model that could be used misses one. */
function areLimitsMissed({ kind, candidates }: Answer): boolean {
  const open = candidates.filter(({ state }) => state !== 'unusable');
  return kind === 'none' && open.length > 0 && open.every(({ state }) => state === 'beyond-limits');
}

/** Why nobody is within the limits: the strictest that one would meet, else what each misses. */
function missedLimitsText({ largestGates, candidates }: Answer): string {
  if (largestGates.length > 0) return `would pass: ${listText(largestGates.map(gateText))}`;
  return gapsText(candidates.filter(({ state }) => state === 'beyond-limits'));
}

/** The answer in a few words: what to do. */
export function answerHeadline(answer: Answer): string {
  switch (answer.kind) {
    case 'recommend': {
      const { model, confidence, candidates } = answer;
      switch (confidence.level) {
        case 'clear':
          return `Deploy ${model}: it is clearly first.`;
        case 'likely':
          return `Probably ${model}: it is first, but ${listText(confidence.why)}.`;
        case 'only':
          if (candidates.length === 1) return `${model} is usable; it is the only model that was measured.`;
          return `Deploy ${model}: it is the only ${onlyWords(answer)}.`;
        case 'certified':
          return `Deploy ${model}: a race has proved it for exactly these items (see its certificate).`;
        case 'unknown':
          return `${model} is first; how sure that is can't be said: ${listText(confidence.why)}.`;
        default:
          return confidence.level satisfies never;
      }
    }
    case 'tie': {
      const names = shortListText(answer.models, answer.candidates.length);
      if (answer.separatedBy === 'nothing') return `${names} are practically equal: take either.`;
      return `No clear difference between ${names}: more ${answer.separatedBy} would tell.`;
    }
    case 'none':
      if (areLimitsMissed(answer)) return 'No model meets the limits.';
      return answer.candidates.length === 1 ? 'The model is not usable.' : 'No model is usable.';
    case 'unknown': {
      const needs = needsText(answer);
      return `Not measured well enough to say${needs === '' ? '' : `; needed: ${needs}`}.`;
    }
    default:
      return answer satisfies never;
  }
}

function find(answer: Answer, model: string | undefined): Candidate | undefined {
  return answer.candidates.find((candidate) => candidate.model === model);
}

/**
 * The answer in at most three sentences that need no statistics: what to do, what the model is like and against whom, and
 * what is lacking or would change it.
 *
 * @param boards of its tasks
 * @param hasTable whether the numbers of the models stand in a table beside it
 */
export function answerSentences(answer: Answer, boards: readonly Scoreboard[], hasTable = false): readonly string[] {
  const [board, ...others] = boards;
  const lines = [answerHeadline(answer)];
  const [first] = namedModels(answer);
  const metric = headlineName(board?.metric);
  const measured = answer.candidates.filter(({ state }) => state !== 'unmeasured').map(({ model }) => model);
  if (board !== undefined && others.length === 0) {
    if (first !== undefined) {
      // The winner of a race may have stopped before it could be compared.
      const [own, other] = measured;
      const against = own !== first || other === undefined ? undefined : comparedText(answer, other, metric);
      const parts = [hasTable ? undefined : numbersText(board, first, answer), against].filter(
        (part) => part !== undefined,
      );
      if (parts.length > 0) lines.push(`${parts.join('; ')}.`.replace(/^compared/u, 'Compared'));
    } else if (answer.kind === 'unknown' && measured.length === 2) {
      lines.push(`${measured[0]} ${comparedText(answer, measured[1] ?? '', metric)}.`);
    }
  }
  if (answer.kind === 'none') lines.push(`${gapsText(answer.reasons)}.`);
  if (answer.kind === 'unknown') lines.push(`${unprovenText(answer) ?? gapsText(answer.missing)}.`);
  if (answer.unlimited !== undefined && answer.kind !== 'none')
    lines.push(
      `${answer.unlimited} scores higher, but is beyond the limits: ${find(answer, answer.unlimited)?.reasons.join(', ')}.`,
    );
  return lines.slice(0, 3);
}

/** Several tasks in one sentence: one model for all, or which for which. */
export function answersHeadline({ tasks, forAll, weighted }: Answers): string {
  const [only, ...others] = tasks;
  if (weighted !== undefined) return answerHeadline(weighted);
  if (only === undefined) return 'Nothing was measured.';
  if (others.length === 0) return answerHeadline(only);
  if (forAll !== undefined) {
    const isAlone = tasks.every(({ kind }) => kind === 'recommend');
    return `${forAll} is ${isAlone ? 'first' : 'among the best'} on all ${tasks.length} tasks.`;
  }
  const byModel = Map.groupBy(
    tasks.filter(({ kind }) => kind === 'recommend'),
    (answer) => namedModels(answer)[0] ?? '',
  );
  const named = Array.from(byModel, ([model, own]) => `${model} for ${listText(own.map(shortTitle))}`);
  const of = (kind: Answer['kind'], areLimits = false): readonly string[] =>
    tasks.filter((answer) => answer.kind === kind && areLimitsMissed(answer) === areLimits).map(shortTitle);
  const [tied, limited, none, open] = [of('tie'), of('none', true), of('none'), of('unknown')];
  const parts = [
    ...named,
    ...(tied.length > 0 ? [`no clear difference on ${listText(tied)}`] : []),
    ...(limited.length > 0 ? [`no model meets the limits on ${listText(limited)}`] : []),
    ...(none.length > 0 ? [`no usable model for ${listText(none)}`] : []),
    ...(open.length > 0 ? [`not measured well enough on ${listText(open)}`] : []),
  ].join('; ');
  // A name of a model stays as it is.
  return `${named.length > 0 ? parts : parts.charAt(0).toUpperCase() + parts.slice(1)}.`;
}

/** Name of the task of an answer to one. */
export function shortTitle({ tasks: [task] }: Answer): string {
  return task?.title?.split(',')[0] ?? task?.taskId ?? '';
}

/** The models that an answer names, in a cell of a table: `none` is usable, or nothing can be said. */
export function namedText(answer: Answer): string {
  return listText(namedModels(answer)) || (answer.kind === 'none' ? 'none' : '–');
}

/** Why a model can't be deployed, in a few words; undefined where it can be. */
export const stateWords = {
  usable: undefined,
  unproven: 'not shown to be usable',
  unusable: 'not usable',
  'beyond-limits': 'beyond the limits',
  unmeasured: 'not measured',
} as const satisfies Record<Candidate['state'], string | undefined>;

/** How sure an answer to one task is, as a phrase. */
export function confidenceText(answer: Answer): string {
  switch (answer.kind) {
    case 'recommend': {
      const { level, why } = answer.confidence;
      if (level === 'certified') return 'proved by a race for exactly these items';
      if (level === 'only') return `the only ${onlyWords(answer)}`;
      return [level === 'clear' ? 'clearly first' : 'first', ...why].join('; ');
    }
    case 'tie':
      return answer.separatedBy === 'nothing'
        ? 'practically equal'
        : `no clear difference: more ${answer.separatedBy} would tell`;
    case 'none':
      return areLimitsMissed(answer) ? `no model meets the limits; ${missedLimitsText(answer)}` : 'no model is usable';
    case 'unknown':
      return ['not measured well enough', needsText(answer)].filter((part) => part !== '').join('; needed: ');
    default:
      return answer satisfies never;
  }
}
