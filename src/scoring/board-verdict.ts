import {
  hasPerAnchored,
  headlineScore,
  type BoardInference,
  scoredRows,
  type RankedRow,
  type Scoreboard,
  type ScoreboardRow,
} from './scoreboard.ts';
import { launchPrior } from '../stats/launch-interval.ts';
import { percentText } from '../core/amount-text.ts';
import { limitLabel } from '../core/limits.ts';
import type { Interval } from '../core/measurement.ts';
import { headlineRanking } from './board-ranking.ts';
import { checkText, type ConstraintCheck, gateText, largestGates, missDistance, missedChecks } from './constraints.ts';

const maxNames = 4;

/** A list that stays readable: `a, b, c and 8 more`, or `all 16 models` where `all` of them are meant. */
export function shortListText(words: readonly string[], all?: number): string {
  if (words.length <= maxNames) return listText(words);
  if (words.length === all) return `all ${all} models`;
  return `${words.slice(0, maxNames - 1).join(', ')} and ${words.length - maxNames + 1} more`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/**
 * Whose performance has no measured spread, and what stands in for it.
 *
 * @param names at least one
 * @param models how many there are in all
 */
export function spreadNote(names: readonly string[], models: number, method: BoardInference['method']): string {
  const whose = shortListText(names, models);
  const prior = `so the score has no ± and ranks assume ${Math.round(100 * launchPrior.throughput)} % between launches`;
  return method === 'paired'
    ? `performance of ${whose} comes from a single launch, ${prior}`
    : `throughput or latency of ${whose} has no interval, ${prior}`;
}

/** The score that orders a scoreboard, such as `PER-A/2026-1/cpu`. */
export function headlineVersion(board: Scoreboard): string {
  return (hasPerAnchored(board) ? board.versions.at(-1) : board.versions[0]) ?? 'PER';
}

/** `0.761 [0.752, 0.770]`. */
export function scoreWithInterval(score: number, interval: Interval | undefined): string {
  const shown = interval === undefined ? '' : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
  return score.toFixed(3) + shown;
}

/** The limits that are missed, such as `accuracy 0.505 is below 0.550`; empty where all are met. */
export function missedText(checks: readonly ConstraintCheck[]): string {
  return missedChecks(checks)
    .map((check) => checkText(check))
    .join(', ');
}

type RankingOf = (row: ScoreboardRow) => RankedRow | undefined;

/** What else is to be said of the first: which models aren't distinguishable from it, and how often it won. */
function sureness(first: ScoreboardRow, rows: readonly ScoreboardRow[], rankingOf: RankingOf, within: string): string {
  const own = rankingOf(first);
  if (own === undefined) return 'confidence unknown: accuracies without a number of items have no interval';
  const tied = rows.filter((row) => row !== first && rankingOf(row)?.isInTieGroup === true);
  const support = `first in ${shareText(own)} of the resamples`;
  if (tied.length === 0)
    return `${support}, significantly better than ${rows.length === 2 ? 'the other' : 'all others'}${within}`;
  return `${support}; not distinguishable from ${listText(tied.map(({ model }) => model))}`;
}

function shareText({ topShare }: RankedRow): string {
  if (topShare >= 1) return '100 %';
  return topShare > 0.995 ? 'over 99 %' : percentText(topShare);
}

/**
 * What a scoreboard comes to, in a sentence: the model to take under the limits that were set, its score, and how sure
 * that is. Undefined where no model has a score: the scoreboard's flags say why.
 *
 * @param among rankings of the models within the limits, by model; what limits leave out doesn't count in them
 */
export function boardVerdict(board: Scoreboard, among?: ReadonlyMap<string, RankedRow>): string | undefined {
  const rows = scoredRows(board);
  if (rows.length === 0) return undefined;
  if (board.rows.length === 1 || rows.length === 1) return singleVerdict(rows[0] as ScoreboardRow, board);
  const keeping = rows.filter(({ limits = [] }) => missedChecks(limits).length === 0);
  const [first] = keeping;
  if (first === undefined) return noneMeets(rows);
  const score = headlineScore(first, board);
  if (score === undefined) return undefined;
  const ranked = scoreWithInterval(score, headlineRanking(first, board)?.interval);
  const [best] = rows;
  const sharing = keeping.filter((row) => headlineScore(row, board) === score);
  const names = listText(sharing.map(({ model }) => model));
  const within = board.limits === undefined ? '' : ' within the limits';
  const rankingOf: RankingOf = (row) =>
    board.limits === undefined ? headlineRanking(row, board) : among?.get(row.model);
  const place = `${names} ${sharing.length === 1 ? 'is' : 'are'} first${within} by ${headlineVersion(board)}: ${ranked}`;
  const unsure = (first.limits ?? []).flatMap(({ constraint, isSure }) =>
    isSure === false ? [`the interval of its ${limitLabel(constraint)} includes the limit`] : [],
  );
  const ahead = first === best ? [] : [beyondText(rows, first)];
  const sure =
    keeping.length === 1
      ? [`no other is${within}`]
      : [sharing.length > 1 ? 'with equal scores' : sureness(first, keeping, rankingOf, within)];
  return [place, ...sure, ...ahead, ...unsure].join('; ');
}

function beyondText(rows: readonly ScoreboardRow[], first: ScoreboardRow): string {
  const before = rows.slice(0, rows.indexOf(first));
  const reasons = before.map(({ model, limits = [] }) => `${model} (${missedText(limits)})`);
  return `scoring higher but beyond the limits: ${reasons.join(', ')}`;
}

function singleVerdict(row: ScoreboardRow, board: Scoreboard): string | undefined {
  const out = missedText(row.limits ?? []);
  const score = row.anchored?.score;
  const tail = [
    ...(score === undefined ? [] : [`PER-A ${scoreWithInterval(score, headlineRanking(row, board)?.interval)}`]),
    ...(out === '' ? [] : [out]),
  ];
  return ['one model: no ranking', ...tail].join('; ');
}

/** No model meets the limits: which comes closest, and at which limits one would pass. */
function noneMeets(rows: readonly ScoreboardRow[]): string {
  const checked = rows.map(({ model, limits = [] }) => ({ model, checks: limits }));
  const [near] = checked.toSorted((left, right) => missDistance(left.checks) - missDistance(right.checks));
  const gates = largestGates(checked).map(gateText);
  const reach = gates.length === 0 ? '' : `; would pass: ${gates.join(', ')}`;
  return `no model meets the limits; closest is ${near?.model ?? 'none'}: ${missedText(near?.checks ?? [])}${reach}`;
}
