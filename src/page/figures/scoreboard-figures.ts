import { fileNames, safeFileName } from '../../core/file-names.ts';
import type { Scoreboard } from '../../scoring/scoreboard.ts';
import { accuracyBySize } from '../charts/accuracy-by-size.ts';
import { accuracyByTokens } from '../charts/accuracy-by-tokens.ts';
import { factorBars } from '../charts/factor-bars.ts';
import { paretoScatter } from '../charts/pareto-scatter.ts';
import { rankIntervals, scoreBars } from '../charts/row-charts.ts';
import {
  costFactors,
  factorData,
  rankData,
  scatterData,
  scoreData,
  sizeData,
  tokensData,
} from '../charts/scoreboard-data.ts';
import type { Ladder } from '../../scoring/ladder.ts';
import { ladderFigure } from './ladder-figure.ts';
import { printedOptions, type Figure } from './render-svg.ts';

export interface FigureOptions {
  readonly widthMm: number;
  /** A model's number of parameters; models without one are left out of the figure by size. */
  readonly parametersOf: (model: string) => number | undefined;
  /** Of the same tasks. */
  readonly ladders?: readonly Ladder[] | undefined;
}

/** `gsm8k-per-2` for `gsm8k/per@2`: what every file system takes. */
function fileName(text: string): string {
  return safeFileName(text.replaceAll(/[^\w.]+/gu, '-').replaceAll(/^-+|-+$/gu, '') || 'task');
}

/**
 * Every figure of some scoreboards: accuracy against size for all of them, and for each accuracy against the three cost
 * factors, the factors, the scores, and the ranks where they are known; and the ladders.
 */
export function scoreboardFigures(boards: readonly Scoreboard[], options: FigureOptions): readonly Figure[] {
  const { widthMm, parametersOf, ladders = [] } = options;
  const ownName = fileNames(fileName);
  const sizes = sizeData(boards, parametersOf);
  const hasSizes = sizes.series.some(({ points }) => points.length > 0);
  const size = (): Figure => ({
    name: 'accuracy-by-size',
    title: sizes.title,
    chart: accuracyBySize(sizes, printedOptions(widthMm, 'accuracy-by-size')),
  });
  return [
    ...(hasSizes ? [size()] : []),
    ...boards.flatMap((board) => boardFigures(board, ownName(nameOf(board, boards)), widthMm)),
    ...ladders.map((ladder) => ladderFigure(ladder, { widthMm, name: ownName(`${ladder.taskId}-ladder`) })),
  ];
}

/** The same task under two protocols is two boards. */
function nameOf({ taskId, protocol }: Scoreboard, boards: readonly Scoreboard[]): string {
  const isAlone = boards.filter((other) => other.taskId === taskId).length === 1;
  return isAlone || protocol === undefined ? taskId : `${taskId}-${protocol}`;
}

function boardFigures(board: Scoreboard, prefix: string, widthMm: number): readonly Figure[] {
  const figures: Figure[] = costFactors.map((factor) => {
    const [name, data] = [`${prefix}-${factor}`, scatterData(board, factor)];
    return { name, title: data.title, chart: paretoScatter(data, printedOptions(widthMm, name)) };
  });
  const tokens = tokensData(board);
  if (tokens.series.length > 0) {
    const name = `${prefix}-tokens`;
    figures.push({ name, title: tokens.title, chart: accuracyByTokens(tokens, printedOptions(widthMm, name)) });
  }
  const [factors, scores, ranks] = [factorData(board), scoreData(board), rankData(board)];
  const named = (what: string): string => `${prefix}-${what}`;
  return [
    ...figures,
    {
      name: named('factors'),
      title: factors.title,
      chart: factorBars(factors, printedOptions(widthMm, named('factors'))),
    },
    { name: named('scores'), title: scores.title, chart: scoreBars(scores, printedOptions(widthMm, named('scores'))) },
    ...(ranks === undefined
      ? []
      : [
          {
            name: named('ranks'),
            title: ranks.title,
            chart: rankIntervals(ranks, printedOptions(widthMm, named('ranks'))),
          },
        ]),
  ];
}
