import { humanNumber, humanScale } from '../../core/amount-text.ts';
import type { Manifest } from '../../core/manifest.ts';
import type { Measurement } from '../../core/measurement.ts';
import { headlineScore, valueOf, type Scoreboard, type ScoreboardRow } from '../../scoring/scoreboard.ts';
import { factorNames, isLessBetter, type FactorName } from '../../scoring/factor.ts';
import { type Place, placeOf } from '../../scoring/place.ts';
import { headlineRanking } from '../../scoring/board-ranking.ts';
import { headlineVersion } from '../../scoring/board-text.ts';
import { isDoubtful } from '../../scoring/create-scoreboards.ts';
import type { AccuracyByTokensData } from './accuracy-by-tokens.ts';
import type { PlottedPoint } from './log-plot.ts';
import type { AccuracyBySizeData, SizedPoint } from './accuracy-by-size.ts';
import type { Bounds } from './chart-frame.ts';
import type { FactorBarData, FactorColumn, FactorValue } from './factor-bars.ts';
import type { ScatterData, ScatterPoint } from './pareto-scatter.ts';
import type { RankData, RankedModel, ScoreBarData } from './row-charts.ts';

/** What accuracy is paid with. */
export const costFactors = ['throughput', 'latency', 'memory'] as const satisfies readonly FactorName[];
export type CostFactor = (typeof costFactors)[number];

export const factorTitles: Readonly<Record<FactorName, string>> = {
  accuracy: 'Accuracy',
  throughput: 'Throughput',
  latency: 'Latency',
  memory: 'Memory',
};

/** Models that failed or lack a number aren't drawn. */
function isShown({ state }: ScoreboardRow): boolean {
  return state === 'done';
}

function boundsOf(measurement: Measurement | undefined, divisor: number): Bounds | undefined {
  if (measurement === undefined || measurement.status === 'unavailable') return undefined;
  const { interval } = measurement;
  return interval === undefined ? undefined : { low: interval.low / divisor, high: interval.high / divisor };
}

function scaleOf(board: Scoreboard, factor: FactorName): { readonly divisor: number; readonly label: string } {
  const values = board.rows
    .map(({ measurements }) => valueOf(measurements[factor]))
    .filter((value) => value !== undefined);
  return humanScale(board.units[factor] ?? 'ratio', values);
}

/** Latency is one device's as well, but not a share of anything. */
function axisTitle(factor: CostFactor, unit: string): string {
  const parts = [factorTitles[factor], unit].filter((part) => part !== '').join(', ');
  return factor === 'latency' ? parts : `${parts} per device`;
}

function titleOf({ title, taskId }: Scoreboard): string {
  return title ?? taskId;
}

/** Accuracy against one cost factor of a scoreboard, in the units that tables show. */
export function scatterData(board: Scoreboard, factor: CostFactor): ScatterData {
  const { divisor, label } = scaleOf(board, factor);
  const points = board.rows.filter(isShown).flatMap(({ model, measurements }): ScatterPoint[] => {
    const x = valueOf(measurements[factor]);
    const y = valueOf(measurements.accuracy);
    if (x === undefined || y === undefined) return [];
    return [
      {
        model,
        x: x / divisor,
        y,
        xBounds: boundsOf(measurements[factor], divisor),
        yBounds: boundsOf(measurements.accuracy, 1),
        isDoubtful: isDoubtful(measurements[factor]) || isDoubtful(measurements.accuracy),
      },
    ];
  });
  return {
    title: `${titleOf(board)}: accuracy against ${factor}`,
    xTitle: axisTitle(factor, label),
    direction: isLessBetter[factor] ? 'less' : 'more',
    points,
  };
}

/** Accuracy against tokens per answer, of weights that were run under several settings. */
export function tokensData(board: Scoreboard): AccuracyByTokensData {
  return {
    title: `${titleOf(board)}: accuracy against tokens per answer`,
    series: (board.settingsOfWeights ?? []).map(({ name, models }) => ({
      name,
      points: models.flatMap((model): PlottedPoint[] => {
        const { measurements } = board.rows.find((row) => row.model === model) ?? {};
        const [x, y] = [valueOf(measurements?.tokensPerAnswer), valueOf(measurements?.accuracy)];
        if (x === undefined || y === undefined) return [];
        const [xBounds, yBounds] = [boundsOf(measurements?.tokensPerAnswer, 1), boundsOf(measurements?.accuracy, 1)];
        return [{ model, x, y, xBounds, yBounds }];
      }),
    })),
  };
}

/** PER-A of a scoreboard where it was computed, else PER-paper, in the order of the rows. */
export function scoreData(board: Scoreboard): ScoreBarData {
  return {
    title: `${titleOf(board)}: scores`,
    scoreTitle: headlineVersion(board),
    models: board.rows.map((row) => ({
      model: row.model,
      score: headlineScore(row, board),
      bounds: headlineRanking(row, board)?.interval,
    })),
  };
}

/** Ranks of a scoreboard with their intervals; undefined where these aren't known. */
export function rankData(board: Scoreboard): RankData | undefined {
  const placed = board.rows.map((row) => ({ model: row.model, place: placeOf(row, board) }));
  if (placed.every(({ place }) => place.ranks === undefined)) return undefined;
  return {
    title: `${titleOf(board)}: ranks`,
    models: placed.map(({ model, place }) => rankedModel(model, place)),
  };
}

/** One model's rank with what replicates say about it. */
export function rankedModel(model: string, { rank, ranks, support, isBest, isTied }: Place): RankedModel {
  return {
    model,
    rank,
    bounds: ranks && { low: ranks[0], high: ranks[1] },
    support,
    isTiedWithBest: ranks && (isBest || isTied),
  };
}

/** The four factors of a scoreboard as measured, in the order of its rows. */
export function factorData(board: Scoreboard): FactorBarData {
  const rows = board.rows.filter(isShown);
  return {
    title: `${titleOf(board)}: the four factors`,
    models: rows.map(({ model }) => model),
    factors: factorNames.map((factor): FactorColumn => {
      const { divisor, label } = scaleOf(board, factor);
      return {
        title: factorTitles[factor],
        unit: label,
        isLessBetter: isLessBetter[factor],
        values: rows.map(({ measurements }) => factorValue(measurements[factor], divisor)),
        text: (value) => humanNumber(value),
      };
    }),
  };
}

function factorValue(measurement: Measurement | undefined, divisor: number): FactorValue | undefined {
  const value = valueOf(measurement);
  if (value === undefined) return undefined;
  return { value: value / divisor, bounds: boundsOf(measurement, divisor) };
}

/** Sizes that the manifests of runs state, by model. */
export function statedSizes(
  runs: readonly { readonly manifest: Pick<Manifest, 'models'> }[],
): ReadonlyMap<string, number> {
  return new Map(
    runs.flatMap(({ manifest }) =>
      Object.entries(manifest.models).flatMap(([model, { parameters }]): [string, number][] =>
        parameters === undefined ? [] : [[model, parameters]],
      ),
    ),
  );
}

/**
 * Accuracy of all scoreboards against model size.
 *
 * @param parametersOf a model's number of parameters; models without one aren't drawn
 */
export function sizeData(
  boards: readonly Scoreboard[],
  parametersOf: (model: string) => number | undefined,
): AccuracyBySizeData {
  return {
    title: 'Accuracy against model size',
    series: boards.map((board) => ({
      task: titleOf(board),
      points: board.rows.filter(isShown).flatMap(({ model, measurements }): SizedPoint[] => {
        const accuracy = valueOf(measurements.accuracy);
        const parameters = parametersOf(model);
        if (accuracy === undefined || parameters === undefined) return [];
        return [{ model, parameters, accuracy, bounds: boundsOf(measurements.accuracy, 1) }];
      }),
    })),
  };
}
