import { percentText } from '../core/amount-text.ts';
import { headlineRanking } from '../scoring/board-ranking.ts';
import { missedText, listText, shortListText, spreadNote } from '../scoring/board-verdict.ts';
import { factorLabels } from '../scoring/factor.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { cardLines } from './card-lines.ts';

/** What was asked beside the table, as sentences below it. */
export interface BoardSection {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Limits, required accuracies, Pareto front and robustness card, as far as they were asked for. */
export function boardSections(board: Scoreboard): readonly BoardSection[] {
  return [
    { heading: 'Outside the limits', lines: outsideLines(board) },
    { heading: 'Accuracy needed to be first', lines: requiredLines(board) },
    { heading: `Pareto front over ${frontLabels(board)}`, lines: frontLines(board) },
    ...cardLines(board),
  ].filter(({ lines }) => lines.length > 0);
}

function outsideLines(board: Scoreboard): readonly string[] {
  return board.rows.flatMap(({ model, limits = [] }) => {
    const missed = missedText(limits);
    return missed === '' ? [] : [`${model}: ${missed}`];
  });
}

function requiredLines(board: Scoreboard): readonly string[] {
  if (board.showsRequired !== true) return [];
  return board.rows.flatMap(({ model, requiredAccuracy, measurements: { accuracy } }) => {
    if (requiredAccuracy === undefined || accuracy === undefined || accuracy.status === 'unavailable') return [];
    const needs = `${model} needs ${requiredAccuracy.toFixed(3)}`;
    if (requiredAccuracy >= 1) return [`${needs}: at its speed and size it can't be first at any accuracy`];
    return [`${needs}, has ${accuracy.value.toFixed(3)}`];
  });
}

function frontLabels({ front }: Scoreboard): string {
  return listText((front?.factors ?? []).map((factor) => factorLabels[factor]));
}

function frontLines({ front }: Scoreboard): readonly string[] {
  const supportText = (support: number | undefined): string =>
    support === undefined ? '' : ` (in ${percentText(support)} of the resamples)`;
  return (front?.models ?? []).map(({ model, isOnFront, dominatedBy, support }) =>
    isOnFront
      ? `${model}: on the front${supportText(support)}`
      : `${model}: no better than ${shortListText(dominatedBy)} in anything${supportText(support)}`,
  );
}

/** How intervals and ranks came about, where there are any. */
export function inferenceNotes(board: Scoreboard): readonly string[] {
  const { inference, rows } = board;
  if (inference === undefined) return [];
  const { method, resamples, withoutLaunchSpread, atBoundary, notes } = inference;
  const hasTies = rows.filter((row) => headlineRanking(row, board)?.isInTieGroup === true).length > 1;
  const source =
    method === 'paired'
      ? `${resamples} resamples of items and launches`
      : `${resamples} draws from the intervals, each model by itself`;
  const boundary = board.anchors === undefined && atBoundary.length > 0;
  return [
    ...(hasTies ? ["= can't be told from the best, with 95 % for all pairs at once"] : []),
    ...(rows.length > 1 ? [`ranks and P(1st) are from ${source}`] : []),
    ...(withoutLaunchSpread.length > 0 ? [spreadNote(withoutLaunchSpread, rows.length, method)] : []),
    ...(boundary ? [`${listText(atBoundary)} at the boundary: the interval of PER is a guess there`] : []),
    ...notes,
  ];
}
