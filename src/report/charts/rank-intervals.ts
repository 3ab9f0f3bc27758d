import { scaleLinear } from 'd3-scale';
import { linearTicks } from './axis-ticks.ts';
import { chartFrame, emptyChart } from './chart-frame.ts';
import type { Bounds, Chart, ChartOptions } from './chart-options.ts';
import { lightTheme } from './chart-theme.ts';
import { intervalLine, rowNames, rowsAxis, rowsLayout, rowValues } from './interval-rows.ts';
import { svgElement } from './svg-element.ts';

export interface RankedModel {
  readonly model: string;
  /** 1 is the best; undefined for a model that can't be ranked, which is left out. */
  readonly rank: number | undefined;
  /** Ranks that the data allows. */
  readonly bounds: Bounds | undefined;
  /** Share of replicates in which it is first, 0 to 1. */
  readonly support: number | undefined;
  /** Not told apart from the best. */
  readonly isTiedWithBest: boolean | undefined;
}

export interface RankData {
  readonly title: string;
  readonly models: readonly RankedModel[];
}

/** The rank of each model with its interval, the best at the top; those that may be the best are filled. */
export function rankIntervals(data: RankData, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  const models = data.models
    .flatMap((model) =>
      model.rank !== undefined && Number.isFinite(model.rank) ? [{ ...model, rank: model.rank }] : [],
    )
    .toSorted((left, right) => left.rank - right.rank);
  if (models.length === 0) {
    return emptyChart({ title: data.title, description: 'No model has a rank.' }, 'no model has a rank', options);
  }
  const values = models.map(({ support }) => (support === undefined ? '' : supportText(support)));
  const { fontSize } = theme;
  const left = fontSize * 0.3;
  const names = models.map(({ model }) => model);
  const layout = rowsLayout({ names, values, left, right: width, top: fontSize * 0.5, theme });
  const { area } = layout;
  const last = Math.max(models.length, ...models.map(({ rank, bounds }) => bounds?.high ?? rank));
  const x = scaleLinear([0.5, last + 0.5], [area.left, area.right]);
  const most = Math.max(2, Math.floor((area.right - area.left) / fontSize / 2.2));
  const ticks = last <= most ? Array.from({ length: last }, (_, index) => index + 1) : linearTicks(1, last, most);
  const whole = ticks.filter((tick) => Number.isInteger(tick));
  const hasSupport = values.some((value) => value !== '');
  const color = theme.palette[0] ?? theme.ink;
  return chartFrame(
    { title: data.title, description: describe(models) },
    { width, height: layout.height },
    options,
    rowsAxis(
      whole.map((tick) => ({ at: x(tick), text: String(tick) })),
      hasSupport ? 'Rank (right: support for first place)' : 'Rank',
      layout,
    ),
    rowNames(names, left, layout),
    rowValues(values, layout),
    ...models.map(({ model, rank, bounds, isTiedWithBest }, row) => {
      const isBest = isTiedWithBest ?? rank === 1;
      return svgElement(
        'g',
        {},
        svgElement('title', {}, `${model}: rank ${rankText(rank, bounds)}`),
        bounds === undefined ? null : intervalLine(x(bounds.low), x(bounds.high), layout.middle(row), color, theme),
        svgElement('circle', {
          cx: x(rank),
          cy: layout.middle(row),
          r: fontSize * 0.34,
          fill: isBest ? color : theme.background,
          stroke: color,
          'stroke-width': fontSize / 8,
        }),
      );
    }),
  );
}

function supportText(support: number): string {
  if (support > 0 && support < 0.005) return '<1 %';
  return `${Math.round(support * 100)} %`;
}

function rankText(rank: number, bounds: Bounds | undefined): string {
  return bounds === undefined || bounds.low === bounds.high
    ? String(rank)
    : `${rank} (${bounds.low} to ${bounds.high})`;
}

function describe(
  models: readonly { readonly model: string; readonly rank: number; readonly bounds?: Bounds | undefined }[],
): string {
  return `Ranks, with intervals where known: ${models.map(({ model, rank, bounds }) => `${model} ${rankText(rank, bounds)}`).join(', ')}.`;
}
