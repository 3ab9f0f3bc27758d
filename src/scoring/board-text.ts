import { hasPerAnchored, type BoardInference, type Scoreboard } from './scoreboard.ts';
import { unknownSpread } from '../stats/launch-interval.ts';
import type { Interval } from '../core/measurement.ts';

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
 * Whose performance has no measured spread, and what follows.
 *
 * @param names at least one
 * @param models how many there are in all
 * @param isPooled other models were launched twice or more, whose spread stands in
 */
export function spreadNote(
  names: readonly string[],
  models: number,
  { method, isPooled }: Pick<BoardInference, 'method'> & { readonly isPooled: boolean },
): string {
  const whose = shortListText(names, models);
  const what =
    method === 'paired'
      ? `performance of ${whose} comes from a single launch`
      : `throughput or latency of ${whose} has no interval`;
  const assumed =
    method === 'paired' && isPooled
      ? 'takes the spread between launches of the others'
      : `assumes ${100 * unknownSpread.throughput} % between launches`;
  return `${what}: no score intervals, no significant differences, P(1st) ${assumed}`;
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
