import { measuredText, percentText } from '../core/amount-text.ts';
import { headlineVersion, listText, scoreWithInterval, shortListText, spreadNote } from '../scoring/board-text.ts';
import { factorLabels, factorNames, isLessBetter, type FactorName } from '../scoring/factor.ts';
import { placeOf } from '../scoring/place.ts';
import { hasPerAnchored, type Scoreboard } from '../scoring/scoreboard.ts';
import type {
  AnchoredRobustness,
  LeaveOneOut,
  NadirFlip,
  PaperRobustness,
  WinnerShares,
} from '../scoring/robustness-card.ts';

/** What was asked beside the table, as sentences below it. */
export interface BoardSection {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Limits, required accuracies, Pareto front and robustness card, as far as they were asked for. */
export function boardSections(board: Scoreboard): readonly BoardSection[] {
  return [
    { heading: 'Outside the limits', lines: outsideLines(board) },
    { heading: 'Accuracy required to be first', lines: requiredLines(board) },
    { heading: `Pareto front over ${frontLabels(board)}`, lines: frontLines(board) },
    ...cardLines(board),
  ].filter(({ lines }) => lines.length > 0);
}

function outsideLines(board: Scoreboard): readonly string[] {
  if (board.limits === undefined) return [];
  const outside =
    board.answer?.candidates.filter(({ state }) => state === 'beyond-limits' || state === 'unusable') ?? [];
  return outside.map(({ model, reasons }) => `${model}: ${reasons.join('; ')}`);
}

function requiredLines(board: Scoreboard): readonly string[] {
  if (board.showsRequired !== true) return [];
  return board.rows.flatMap(({ model, requiredAccuracy, requiredInterval, measurements: { accuracy } }) => {
    if (requiredAccuracy === undefined || accuracy === undefined || accuracy.status === 'unavailable') return [];
    const needs = `${model} needs ${scoreWithInterval(requiredAccuracy, requiredInterval)}`;
    if ((requiredInterval?.low ?? requiredAccuracy) >= 1)
      return [`${needs}: cannot be first at any accuracy, given its speed and size`];
    return [`${needs}, has ${accuracy.value.toFixed(3)}`];
  });
}

function frontLabels({ front }: Scoreboard): string {
  return listText((front?.factors ?? []).map((factor) => factorLabels[factor]));
}

function frontLines({ front }: Scoreboard): readonly string[] {
  const supportText = (support: number | undefined): string =>
    support === undefined ? '' : ` (in ${percentText(support)} of resamples)`;
  return (front?.models ?? []).map(({ model, isOnFront, dominatedBy, support }) =>
    isOnFront
      ? `${model}: on the front${supportText(support)}`
      : `${model}: dominated by ${shortListText(dominatedBy)}${supportText(support)}`,
  );
}

/** What `=` beside a rank means, where there is one. */
export function tieNotes(board: Scoreboard): readonly string[] {
  const hasTies = board.rows.some((row) => placeOf(row, board).isTied);
  return hasTies ? ['=: not distinguishable from the best'] : [];
}

/** What ranks come from, where there are any. */
export function rankNotes({ inference, rows }: Scoreboard): readonly string[] {
  if (inference === undefined || rows.length < 2) return [];
  const { method, resamples } = inference;
  const source =
    method === 'paired'
      ? `${resamples} bootstrap resamples of items and launches`
      : `${resamples} draws from the intervals, independent between models`;
  return [`ranks and P(1st): from ${source}`];
}

/** How intervals of scores came about, where there are any. */
export function inferenceNotes(board: Scoreboard): readonly string[] {
  const { inference, rows } = board;
  if (inference === undefined) return [];
  const { method, withoutLaunchSpread, atBoundary, notes } = inference;
  const isPooled = rows.filter(({ ranking }) => ranking !== undefined).length > withoutLaunchSpread.length;
  const boundary = !hasPerAnchored(board) && atBoundary.length > 0;
  return [
    ...(withoutLaunchSpread.length > 0 ? [spreadNote(withoutLaunchSpread, rows.length, { method, isPooled })] : []),
    ...(boundary ? [`${listText(atBoundary)} at the boundary: the interval of PER is unreliable there`] : []),
    ...notes,
  ];
}

const paper = 'PER-paper';
const minLeftOut = 3;

function total(wins: WinnerShares): number {
  return Object.values(wins).reduce((sum, count) => sum + count, 0);
}

/** `a 54, b 12`. */
function winsText(wins: WinnerShares): string {
  return Object.entries(wins)
    .map(([model, count]) => `${model} ${Number(count.toFixed(1))}`)
    .join(', ');
}

type Sensitivity = Pick<
  AnchoredRobustness,
  'winners' | 'weightWins' | 'verdict' | 'accuracyWeightCurve' | 'withoutFactor'
>;

function weightLines({ winners, weightWins, verdict, accuracyWeightCurve, withoutFactor }: Sensitivity): string[] {
  const best = winners[0] ?? '';
  const share = `${Number((weightWins[best] ?? 0).toFixed(1))} of ${Math.round(total(weightWins))} weightings`;
  const curve = accuracyWeightCurve.map(({ model, to }) =>
    to >= 1 ? `${model} above that` : `${model} up to ${to.toFixed(2)}`,
  );
  return [
    `${verdict}: ${listText(winners)} ${winners.length === 1 ? 'wins' : 'win'} ${share} (${winsText(weightWins)})`,
    ...(accuracyWeightCurve.length > 1 ? [`as the weight of accuracy grows: ${curve.join(', ')}`] : []),
    withoutLine(winners, withoutFactor),
  ];
}

function withoutLine(winners: readonly string[], withoutFactor: Sensitivity['withoutFactor']): string {
  const changed = factorNames.filter((factor) => withoutFactor[factor].join() !== winners.join());
  if (changed.length === 0) return `leaving out any one factor keeps ${listText(winners)} first`;
  // Latency often repeats throughput: who wins without it is always worth knowing.
  const told = factorNames.filter((factor) => factor === 'latency' || changed.includes(factor));
  const others = told.map((factor) => `without ${factorLabels[factor]}: ${listText(withoutFactor[factor])}`);
  return `first ${others.join('; ')}`;
}

/** `adding a model below 0.190 accuracy would make b the winner`. */
function newcomerLine({ factor, beyond, winner }: NadirFlip, board: Scoreboard): string {
  const side = isLessBetter[factor] ? 'above' : 'below';
  return `adding a model ${side} ${amount(factor, beyond, board)} would make ${winner} the winner`;
}

function amount(factor: FactorName, value: number, board: Scoreboard): string {
  return `${factor === 'accuracy' ? value.toFixed(3) : measuredText(value, board.units[factor])} ${factor}`;
}

function changedLine({ omitted, winners }: LeaveOneOut): string {
  return `leaving out ${omitted} would make ${listText(winners)} the winner`;
}

function orderLine(reordered: readonly LeaveOneOut[]): string {
  if (reordered.length === 0) return 'leaving out any one model keeps the order of the others';
  const models = reordered.map(({ omitted, tauB }) => `${omitted} (tau-b ${tauB?.toFixed(3)})`);
  return `leaving out one model changes the order of the others: ${models.join(', ')}`;
}

function paperLines({ leaveOneOut, nadirFlips, winners, ...rest }: PaperRobustness, board: Scoreboard): string[] {
  const changed = leaveOneOut.filter(
    ({ omitted, winners: others }) => !winners.includes(omitted) && others.join() !== winners.join(),
  );
  // Of three models two are left, for which PER says nothing.
  const hasOrder = leaveOneOut.length > minLeftOut;
  const reordered = leaveOneOut.filter(({ tauB }) => tauB !== undefined && tauB < 1 - 1e-9);
  return [
    ...weightLines({ winners, ...rest }),
    ...nadirFlips.map((flip) => newcomerLine(flip, board)),
    ...(hasOrder ? changed.map(changedLine) : []),
    ...(hasOrder ? [orderLine(reordered)] : []),
  ];
}

/** The robustness card in words: verdicts with the numbers behind them. */
function cardLines(board: Scoreboard): readonly BoardSection[] {
  const { anchored, paper: set } = board.card ?? {};
  const anchors = anchored && winsText(anchored.anchorWins);
  return [
    {
      heading: `Robustness of the order by ${headlineVersion(board)}`,
      lines:
        anchored === undefined
          ? []
          : [
              ...weightLines(anchored),
              `with anchors scaled by 1/4 to 4: ${anchors} of ${Math.round(total(anchored.anchorWins))}`,
              'adding or leaving out a model changes no score',
            ],
    },
    { heading: `Robustness of the order by ${paper}`, lines: set === undefined ? [] : paperLines(set, board) },
  ];
}
