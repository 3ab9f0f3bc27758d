import type { Interval } from '../core/measurement.ts';
import { headlineRanking } from '../scoring/board-ranking.ts';
import { factorNames } from '../scoring/factor.ts';
import { isDoubtful } from '../scoring/scoreboard-metrics.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import type { Column, Mark, Scalar } from './column.ts';
import { humanInterval } from '../core/amount-text.ts';
import { fixed, simpleColumn } from './simple-column.ts';

/** The rank by which the rows are ordered: PER-A's where it was computed, else PER's. */
export function headlineRank(row: ScoreboardRow, board: Scoreboard): number | undefined {
  return board.versions.length > 1 ? row.anchored?.rank : row.rank;
}

/** Several models that nobody is significantly better than: each of them may be the best. */
function isTied(row: ScoreboardRow, board: Scoreboard): boolean {
  const isInGroup = (other: ScoreboardRow): boolean => headlineRanking(other, board)?.isInTieGroup === true;
  return isInGroup(row) && board.rows.filter(isInGroup).length > 1;
}

/** In CSV 1 or 0; nothing where it isn't known. */
function tiedScalar(row: ScoreboardRow, board: Scoreboard): Scalar {
  return headlineRanking(row, board) === undefined ? undefined : Number(isTied(row, board));
}

function scoreMark(row: ScoreboardRow): Mark {
  return factorNames.some((factor) => isDoubtful(row.measurements[factor])) ? '!' : '';
}

export const rankColumn: Column = {
  id: 'rank',
  heading: '#',
  shortHeading: '#',
  formats: ['terminal', 'markdown', 'csv', 'json'],
  align: 'right',
  dropOrder: 15,
  unit: () => '',
  mark: () => '',
  render: (row, board) => `${headlineRank(row, board) ?? '–'}${isTied(row, board) ? '=' : ''}`,
  raw: ({ rank }) => rank,
  fields: (row, board) => ({ rank: row.rank, rank_a: row.anchored?.rank, is_tied: tiedScalar(row, board) }),
};

function scoreColumn(column: {
  readonly id: string;
  readonly heading: string;
  readonly field: string;
  readonly dropOrder: number;
  readonly score: (row: ScoreboardRow) => number | undefined;
  readonly interval: (row: ScoreboardRow) => Interval | undefined;
}): Column {
  const { id, heading, field, dropOrder, score, interval } = column;
  return {
    id,
    heading,
    shortHeading: heading,
    formats: ['terminal', 'markdown', 'csv', 'json'],
    align: 'right',
    dropOrder,
    unit: () => '',
    mark: scoreMark,
    render(row, board, isCompact) {
      const value = score(row);
      if (value === undefined) return '–';
      const isHeadline = (board.anchors === undefined) === (id === 'per');
      const bounds = isHeadline && !isCompact ? interval(row) : undefined;
      return humanInterval(value, bounds && (bounds.high - bounds.low) / 2, 3);
    },
    raw: score,
    fields: (row) => ({
      [field]: score(row),
      [`${field}_low`]: interval(row)?.low,
      [`${field}_high`]: interval(row)?.high,
    }),
  };
}

const range = ([low, high]: readonly [number, number]): string => (low === high ? `${low}` : `${low}–${high}`);

const rankRange: Column = {
  id: 'rankInterval',
  heading: 'Ranks',
  shortHeading: 'Ranks',
  formats: ['terminal', 'markdown', 'csv', 'json'],
  align: 'right',
  dropOrder: 25,
  unit: () => '',
  mark: () => '',
  render(row, board) {
    const ranking = headlineRanking(row, board);
    return ranking === undefined ? '' : range(ranking.rankInterval);
  },
  raw: (row, board) => headlineRanking(row, board)?.rankInterval,
  fields(row, board) {
    const { rankInterval, rankSet } = headlineRanking(row, board) ?? {};
    return {
      rank_low: rankInterval?.[0],
      rank_high: rankInterval?.[1],
      rank_set_low: rankSet?.[0],
      rank_set_high: rankSet?.[1],
    };
  },
};

/** Scores with how sure they are, the headline first. */
export const scoreColumns: readonly Column[] = [
  scoreColumn({
    id: 'perAnchored',
    heading: 'PER-A',
    field: 'per_a',
    dropOrder: 1,
    score: ({ anchored }) => anchored?.score,
    interval: ({ ranking }) => ranking?.anchored?.interval,
  }),
  scoreColumn({
    id: 'per',
    heading: 'PER',
    field: 'per',
    dropOrder: 2,
    score: (row) => row.score,
    interval: ({ ranking }) => ranking?.paper?.interval,
  }),
  simpleColumn({
    id: 'scoreVersion',
    heading: 'Score',
    shortHeading: 'Score',
    align: 'left',
    dropOrder: 0,
    formats: ['csv'],
    field: 'score_versions',
    value: (_, { versions }) => versions.join(' '),
  }),
  rankRange,
  simpleColumn({
    id: 'topShare',
    heading: 'P(1st)',
    shortHeading: 'P(1st)',
    align: 'right',
    dropOrder: 26,
    field: 'p_first',
    value: (row, board) => headlineRanking(row, board)?.topShare,
    show: (value) => (value === undefined ? '' : fixed(2)(value)),
  }),
  simpleColumn({
    id: 'requiredAccuracy',
    heading: 'Needs ACC',
    shortHeading: 'Needs',
    align: 'right',
    dropOrder: 21,
    field: 'required_accuracy',
    value: ({ requiredAccuracy }) => requiredAccuracy,
    show: (value) => (value === undefined ? '' : fixed(3)(value)),
    isShown: ({ showsRequired }) => showsRequired === true,
  }),
];
