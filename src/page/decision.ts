import { factorNames, isLessBetter, type FactorName } from '../scoring/factor.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from '../scoring/scoreboard.ts';
import type { RescoredModel } from './rescore.ts';

/** `clear`: nobody is as good; `tied`: others can't be told apart; `unknown`: no spread is known; `alone`: no other. */
export type Sureness = 'clear' | 'tied' | 'unknown' | 'alone';

/** Which model one scoreboard speaks for. */
export interface BoardDecision {
  readonly taskId: string;
  readonly title: string;
  readonly winner: string | undefined;
  readonly score: number | undefined;
  /** Share of replicates that the winner won. */
  readonly support: number | undefined;
  readonly sureness: Sureness;
  /** Models that can't be told from the winner, without it. */
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

const factorWords: Readonly<Record<FactorName, string>> = {
  accuracy: 'accuracy',
  throughput: 'throughput',
  latency: 'latency',
  memory: 'memory',
};

function phrase(factor: FactorName, own: number, other: number): string | undefined {
  if (factor === 'accuracy') {
    const points = (own - other) * 100;
    if (Math.abs(points) < 0.05) return undefined;
    return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points of accuracy`;
  }
  const ratio = own / other;
  if (!Number.isFinite(ratio) || Math.abs(ratio - 1) < 0.02) return undefined;
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2)}× the ${factorWords[factor]}`;
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

function surenessOf(ordered: readonly RescoredModel[]): Sureness {
  const [first] = ordered;
  if (ordered.length === 1) return 'alone';
  if (first?.ranked === undefined) return 'unknown';
  return ordered.filter(({ ranked }) => ranked?.isInTieGroup === true).length > 1 ? 'tied' : 'clear';
}

/** What one scoreboard says, under the scores given. */
export function boardDecision(board: Scoreboard, scores: ReadonlyMap<string, RescoredModel>): BoardDecision {
  const ordered = [...scores.values()]
    .filter(({ score }) => score !== undefined)
    .toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0) || left.model.localeCompare(right.model));
  const [first, second] = ordered;
  const rowOf = (model: string | undefined): ScoreboardRow | undefined => board.rows.find((row) => row.model === model);
  const [winner, runnerUp] = [rowOf(first?.model), rowOf(second?.model)];
  const tied = ordered.filter(({ ranked }) => ranked?.isInTieGroup === true).map(({ model }) => model);
  const sureness = surenessOf(ordered);
  return {
    taskId: board.taskId,
    title: board.title ?? board.taskId,
    winner: first?.model,
    score: first?.score,
    support: sureness === 'alone' ? undefined : first?.ranked?.topShare,
    sureness,
    tied: tied.filter((model) => model !== first?.model),
    runnerUp: second?.model,
    ...(winner !== undefined && runnerUp !== undefined ? comparison(winner, runnerUp) : { advantages: [], costs: [] }),
    isDoubtful: winner?.flags.some(({ code }) => code === 'doubtful') ?? false,
  };
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function onOneTask(board: BoardDecision): Omit<Decision, 'boards'> {
  const { winner, title, support, tied, sureness } = board;
  if (winner === undefined) {
    return { headline: 'No model can be recommended', detail: `No model has a score on ${title}.` };
  }
  const share = support === undefined ? '' : ` It comes first in ${Math.round(support * 100)} % of the resamples.`;
  if (sureness === 'tied') {
    return {
      headline: `${winner}, by a margin within noise`,
      detail: `${list([winner, ...tied])} can't be told apart on ${title}.${share}`,
    };
  }
  if (sureness === 'alone') {
    return {
      headline: winner,
      detail: `It is the only model with a score on ${title}: there is nothing to compare it with.`,
    };
  }
  if (sureness === 'unknown') {
    return { headline: winner, detail: `It has the best score on ${title}; how sure that is isn't known.` };
  }
  return { headline: winner, detail: `It is the best on ${title}, beyond noise.${share}` };
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
  const clear = best.won.filter(({ sureness }) => sureness === 'clear').length;
  const unknown = best.won.filter(({ sureness }) => sureness === 'unknown').length;
  const sure =
    unknown === best.won.length
      ? 'how sure that is isn’t known'
      : clear === best.won.length
        ? 'each beyond noise'
        : `${clear} of them beyond noise`;
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
