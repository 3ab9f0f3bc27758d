import type { Interval } from '../core/measurement.ts';
import { headlineRanking, scoredRows, type RankedRow } from './board-ranking.ts';
import type { LimitMiss, ScoreLimits } from './score-limits.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from './scoreboard.ts';

/** The score that orders a scoreboard, such as `PER-A/2026-1/cpu`. */
export function headlineVersion({ versions, anchors }: Scoreboard): string {
  return (anchors === undefined ? versions[0] : versions.at(-1)) ?? 'PER';
}

function headlineScore(row: ScoreboardRow, board: Scoreboard): number | undefined {
  return board.anchors === undefined ? row.score : row.anchored?.score;
}

/** `0.761 [0.752, 0.770]`. */
export function scoreWithInterval(score: number, interval: Interval | undefined): string {
  const shown = interval === undefined ? '' : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
  return score.toFixed(3) + shown;
}

const limitWords = {
  minAccuracy: 'accuracy',
  maxMemory: 'memory',
  maxLatency: 'latency',
  maxLatencyP95: 'p95 latency',
  maxPrice: 'price of 1,000 items',
} as const satisfies Record<keyof ScoreLimits, string>;

function limitValue(limit: keyof ScoreLimits, value: number, board: Scoreboard): string {
  switch (limit) {
    case 'minAccuracy':
      return value.toFixed(3);
    case 'maxMemory':
      return value >= 2 ** 30 ? `${(value / 2 ** 30).toFixed(2)} GiB` : `${(value / 2 ** 20).toFixed(0)} MiB`;
    case 'maxLatency':
      return `${Number(value.toPrecision(3))} ${board.units.latency ?? 'ms'}`;
    case 'maxLatencyP95':
      return `${Number(value.toPrecision(3))} ms`;
    case 'maxPrice':
      return String(Number(value.toPrecision(3)));
    default:
      return limit satisfies never;
  }
}

/** `accuracy 0.505 is below 0.55`. */
export function missText({ limit, value, bound }: LimitMiss, board: Scoreboard): string {
  const what = limitWords[limit];
  if (value === undefined) return `${what} not measured`;
  const side = limit === 'minAccuracy' ? 'below' : 'above';
  return `${what} ${limitValue(limit, value, board)} is ${side} ${limitValue(limit, bound, board)}`;
}

/** What else is to be said of the first: who can't be told from it, and how often it won. */
function sureness(first: ScoreboardRow, rows: readonly ScoreboardRow[], board: Scoreboard): string {
  const own = headlineRanking(first, board);
  if (own === undefined) return "how sure that is, isn't known: accuracies without a number of items have no interval";
  const tied = rows.filter((row) => row !== first && headlineRanking(row, board)?.isInTieGroup === true);
  const support = `first in ${shareText(own)} of the resamples`;
  if (tied.length === 0)
    return `${support}, significantly better than ${rows.length === 2 ? 'the other' : 'all others'}`;
  return `${support}; can't be told from ${listText(tied.map(({ model }) => model))}`;
}

function shareText({ topShare }: RankedRow): string {
  if (topShare >= 1) return '100 %';
  return topShare > 0.995 ? 'over 99 %' : `${(100 * topShare).toFixed(0)} %`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/**
 * What a scoreboard comes to, in a sentence: the model to take under the limits that were set, its score, and how sure
 * that is. Undefined where no model has a score: the scoreboard's flags say why.
 */
export function boardVerdict(board: Scoreboard): string | undefined {
  const rows = scoredRows(board);
  if (rows.length === 0) return undefined;
  if (board.rows.length === 1 || rows.length === 1) return singleVerdict(rows[0] as ScoreboardRow, board);
  const keeping = rows.filter(({ limits }) => limits === undefined || limits.misses.length === 0);
  const [first] = keeping;
  if (first === undefined) return nobodyKeeps(rows, board);
  const score = headlineScore(first, board);
  if (score === undefined) return undefined;
  const ranked = scoreWithInterval(score, headlineRanking(first, board)?.interval);
  const [best] = rows;
  const sharing = keeping.filter((row) => headlineScore(row, board) === score);
  const names = listText(sharing.map(({ model }) => model));
  const within = board.limits === undefined ? '' : ' within the limits';
  const place = `${names} ${sharing.length === 1 ? 'is' : 'are'} first${within} by ${headlineVersion(board)}: ${ranked}`;
  const unsure = (first.limits?.unsure ?? []).map((limit) => `its ${limitWords[limit]} isn't surely within the limit`);
  const sure =
    sharing.length > 1
      ? ['with equal scores']
      : [first === best ? sureness(first, rows, board) : beyondText(rows, first, board)];
  return [place, ...sure, ...unsure].join('; ');
}

function beyondText(rows: readonly ScoreboardRow[], first: ScoreboardRow, board: Scoreboard): string {
  const before = rows.slice(0, rows.indexOf(first));
  const reasons = before.map(
    ({ model, limits }) => `${model} (${(limits?.misses ?? []).map((miss) => missText(miss, board)).join(', ')})`,
  );
  return `ahead of it but out: ${reasons.join(', ')}`;
}

function singleVerdict(row: ScoreboardRow, board: Scoreboard): string | undefined {
  const out = row.limits?.misses.map((miss) => missText(miss, board)) ?? [];
  const score = row.anchored?.score;
  const tail = [
    ...(score === undefined ? [] : [`PER-A ${scoreWithInterval(score, headlineRanking(row, board)?.interval)}`]),
    ...out,
  ];
  return ['one model: no ranking', ...tail].join('; ');
}

/** How far beyond its limits a row is; fewer misses come first, then smaller ones. */
function distance({ limits }: ScoreboardRow): number {
  const parts = (limits?.misses ?? []).map(({ value, bound }) => {
    const ratio = value === undefined ? Infinity : Math.abs(value - bound) / Math.max(Math.abs(bound), 1e-12);
    return 2 - 1 / (1 + ratio);
  });
  return parts.reduce((sum, part) => sum + part, 0);
}

/** Nobody keeps the limits: who comes nearest, and the highest accuracy that somebody reaches. */
function nobodyKeeps(rows: readonly ScoreboardRow[], board: Scoreboard): string {
  const [near] = rows.toSorted((left, right) => distance(left) - distance(right));
  const misses = (near?.limits?.misses ?? []).map((miss) => missText(miss, board)).join(', ');
  const most = Math.max(...rows.map(({ measurements }) => valueOf(measurements.accuracy) ?? 0));
  const reach = board.limits?.minAccuracy === undefined ? '' : `; the highest accuracy of all is ${most.toFixed(3)}`;
  return `nobody is within the limits; nearest is ${near?.model ?? 'none'}: ${misses}${reach}`;
}
