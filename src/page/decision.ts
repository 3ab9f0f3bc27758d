import { factorNames, isLessBetter, type FactorName } from '../scoring/factor.ts';
import { listText } from '../scoring/board-verdict.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from '../scoring/scoreboard.ts';
import type { RescoredModel } from './rescore.ts';

/** `clear`: significant; `tied`: others are not distinguishable; `unknown`: no spread is known; `alone`: no other. */
export type Lead = 'clear' | 'tied' | 'unknown' | 'alone';

/** The best model of one scoreboard. */
export interface BoardDecision {
  readonly taskId: string;
  readonly title: string;
  readonly winner: string | undefined;
  readonly score: number | undefined;
  /** Share of replicates in which the winner is first. */
  readonly support: number | undefined;
  readonly lead: Lead;
  /** Models not distinguishable from the winner, without it. */
  readonly tied: readonly string[];
  readonly runnerUp: string | undefined;
  /** How the winner compares with the runner-up, as phrases: advantages, then costs. */
  readonly advantages: readonly string[];
  readonly costs: readonly string[];
  /** The winner's own numbers carry a reason not to trust them. */
  readonly isDoubtful: boolean;
}

export interface Decision {
  readonly headline: string;
  readonly detail: string;
  readonly boards: readonly BoardDecision[];
}

function phrase(factor: FactorName, own: number, other: number): string | undefined {
  const [more, less] = factor === 'memory' ? ['more', 'less'] : ['higher', 'lower'];
  const direction = own > other ? more : less;
  if (factor === 'accuracy') {
    const points = Math.abs(own - other) * 100;
    return points < 0.05 ? undefined : `${points.toFixed(1)} points ${direction} accuracy`;
  }
  if (!Number.isFinite(own / other) || Math.abs(own / other - 1) < 0.02) return undefined;
  const ratio = Math.max(own / other, other / own);
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2)}× ${direction} ${factor}`;
}

function comparison(winner: ScoreboardRow, other: ScoreboardRow): Pick<BoardDecision, 'advantages' | 'costs'> {
  const advantages: string[] = [];
  const costs: string[] = [];
  for (const factor of factorNames) {
    const own = valueOf(winner.measurements[factor]);
    const others = valueOf(other.measurements[factor]);
    if (own === undefined || others === undefined || own === others) continue;
    const text = phrase(factor, own, others);
    if (text === undefined) continue;
    const isBetter = isLessBetter[factor] ? own < others : own > others;
    (isBetter ? advantages : costs).push(text);
  }
  return { advantages, costs };
}

function leadOf(ordered: readonly RescoredModel[]): Lead {
  const [first] = ordered;
  if (ordered.length === 1) return 'alone';
  if (first?.ranked === undefined) return 'unknown';
  return ordered.filter(({ ranked }) => ranked?.isInTieGroup === true).length > 1 ? 'tied' : 'clear';
}

/** The decision of one scoreboard under the given scores. */
export function boardDecision(board: Scoreboard, scores: ReadonlyMap<string, RescoredModel>): BoardDecision {
  const ordered = [...scores.values()]
    .filter(({ score, missed }) => score !== undefined && missed.length === 0)
    .toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0) || left.model.localeCompare(right.model));
  const [first, second] = ordered;
  const rowOf = (model: string | undefined): ScoreboardRow | undefined => board.rows.find((row) => row.model === model);
  const [winner, runnerUp] = [rowOf(first?.model), rowOf(second?.model)];
  const tied = ordered.filter(({ ranked }) => ranked?.isInTieGroup === true).map(({ model }) => model);
  const lead = leadOf(ordered);
  return {
    taskId: board.taskId,
    title: board.title ?? board.taskId,
    winner: first?.model,
    score: first?.score,
    support: lead === 'alone' ? undefined : first?.ranked?.topShare,
    lead,
    tied: tied.filter((model) => model !== first?.model),
    runnerUp: second?.model,
    ...(winner !== undefined && runnerUp !== undefined ? comparison(winner, runnerUp) : { advantages: [], costs: [] }),
    isDoubtful: winner?.flags.some(({ code }) => code === 'doubtful') ?? false,
  };
}

function onOneTask(board: BoardDecision): Omit<Decision, 'boards'> {
  const { winner, title, support, tied, lead } = board;
  if (winner === undefined) {
    return { headline: 'No model can be recommended', detail: `No model has a score on ${title}.` };
  }
  const share = support === undefined ? '' : ` It is first in ${Math.round(support * 100)} % of the resamples.`;
  switch (lead) {
    case 'tied':
      return {
        headline: `${winner}, by a margin within noise`,
        detail: `${listText([winner, ...tied])} are not distinguishable on ${title}.${share}`,
      };
    case 'alone':
      return { headline: winner, detail: `It is the only model with a score on ${title}: no comparison is possible.` };
    case 'unknown':
      return { headline: winner, detail: `It has the best score on ${title}; confidence unknown.` };
    case 'clear':
      return { headline: winner, detail: `It is significantly better than all others on ${title}.${share}` };
  }
}

function onSeveral(boards: readonly BoardDecision[]): Omit<Decision, 'boards'> {
  const decided = boards.filter(({ winner }) => winner !== undefined);
  if (decided.length === 0) {
    return { headline: 'No model can be recommended', detail: 'No model has a score on any task.' };
  }
  const wins = Map.groupBy(decided, ({ winner }) => winner ?? '');
  const [best] = Array.from(wins, ([model, won]) => ({ model, won })).toSorted(
    (left, right) => right.won.length - left.won.length || left.model.localeCompare(right.model),
  );
  if (best === undefined) return { headline: 'No model can be recommended', detail: '' };
  const clear = best.won.filter(({ lead }) => lead === 'clear').length;
  const unknown = best.won.filter(({ lead }) => lead === 'unknown').length;
  const sure =
    unknown === best.won.length
      ? 'confidence unknown'
      : clear === best.won.length
        ? 'each significantly'
        : `${clear === 0 ? 'none' : clear} of them significantly`;
  const place =
    best.won.length === boards.length ? `all ${boards.length} tasks` : `${best.won.length} of ${boards.length} tasks`;
  if (best.won.length * 2 <= boards.length) {
    return {
      headline: 'It depends on the task',
      detail: `No model leads on more than half of the ${boards.length} tasks; ${best.model} leads on ${best.won.length}.`,
    };
  }
  return { headline: best.model, detail: `It leads on ${place}, ${sure}.` };
}

/** One sentence for people in a hurry, and what is behind it. */
export function decide(boards: readonly BoardDecision[]): Decision {
  const [only] = boards;
  if (only === undefined) return { headline: 'Nothing was measured', detail: 'There are no cells.', boards };
  return { ...(boards.length === 1 ? onOneTask(only) : onSeveral(boards)), boards };
}
