import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { axisLines, bottomAxis, bottomAxisHeight, linearTicks, tickText, type PlotArea, type Tick } from './axes.ts';
import {
  chartFrame,
  emptyChart,
  lightTheme,
  lineStep,
  plainLabel,
  stackedLabels,
  svgElement,
  type Bounds,
  type Chart,
  type ChartOptions,
  type ChartTheme,
  type SvgAttributes,
} from './chart-frame.ts';
import { circleEntry, legend, type LegendEntry } from './point-styles.ts';
import { textExtent, wrapText } from './text-extent.ts';

/** Charts that have one line per model: names left, values right. */
export interface RowsLayout {
  readonly area: PlotArea;
  readonly height: number;
  /** Of each name. */
  readonly lines: readonly (readonly string[])[];
  readonly theme: ChartTheme;
  /** Middle of a row. */
  readonly middle: (row: number) => number;
}

export interface RowsRequest {
  readonly names: readonly string[];
  /** Texts that stand right of the plot, one per row; empty for none. */
  readonly values: readonly string[];
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Width of names that stand outside, left of a plot that shares them with others; their lines set its rows. */
  readonly namesBeside?: number;
  readonly theme: ChartTheme;
}

/** Divides the room; names get at most two fifths of the width, in as many lines as they need. */
export function rowsLayout(request: RowsRequest): RowsLayout {
  const { names, values, left, right, top, namesBeside, theme } = request;
  const { fontSize } = theme;
  const own = Math.min((right - left) * 0.4, longest(names, fontSize));
  const lines = names.map((name) => wrapText(name, namesBeside ?? own, fontSize));
  const valueWidth = longest(values, fontSize * 0.9);
  const ends = lines.reduce<number[]>(
    (sums, name) => [...sums, (sums.at(-1) ?? 0) + fontSize * (1.55 + lineStep * (name.length - 1))],
    [],
  );
  const area = {
    left: left + (namesBeside === undefined ? own + fontSize * 0.6 : 0),
    right: right - (valueWidth > 0 ? valueWidth + fontSize * 0.5 : 0) - fontSize * 0.6,
    top,
    bottom: top + (ends.at(-1) ?? 0) + fontSize * 0.3,
  };
  return {
    area,
    lines,
    theme,
    height: area.bottom + bottomAxisHeight(theme),
    middle: (row) => top + ((ends[row - 1] ?? 0) + (ends[row] ?? 0)) / 2 + fontSize * 0.15,
  };
}

function longest(texts: readonly string[], fontSize: number): number {
  return Math.max(0, ...texts.map((text) => textExtent(text, fontSize)));
}

/** The names, right-aligned against the plot. */
export function rowNames({ area, middle, lines, theme }: RowsLayout): VNode {
  const { fontSize } = theme;
  return svgElement(
    'g',
    { 'text-anchor': 'end' },
    ...lines.flatMap((name, row) => {
      const y = middle(row) + fontSize * (0.35 - (lineStep * (name.length - 1)) / 2);
      return stackedLabels(name, { x: area.left - fontSize * 0.5, y }, fontSize * lineStep);
    }),
  );
}

/** The numbers right of the plot. */
export function rowValues(values: readonly string[], { area, middle, theme }: RowsLayout): VNode {
  const { fontSize, muted } = theme;
  return svgElement(
    'g',
    { 'font-size': fontSize * 0.9, fill: muted },
    ...values.map((value, row) =>
      value === '' ? null : plainLabel(value, { x: area.right + fontSize * 0.5, y: middle(row) + fontSize * 0.32 }),
    ),
  );
}

/** Axis, grid and the two lines. */
export function rowsAxis(ticks: readonly Tick[], title: string, { area, theme }: RowsLayout): VNode {
  return svgElement('g', {}, bottomAxis({ ticks, title }, area, theme), axisLines(area, theme));
}

/** An interval as a line with caps. */
export function intervalLine(low: number, high: number, y: number, color: string, theme: ChartTheme): VNode {
  const cap = theme.fontSize * 0.22;
  const [from, to, top, bottom] = [low, high, y - cap, y + cap].map((value) => value.toFixed(2));
  return svgElement('path', {
    d: `M${from},${y.toFixed(2)}H${to}M${from},${top}V${bottom}M${to},${top}V${bottom}`,
    stroke: color,
    'stroke-width': theme.fontSize / 9,
    fill: 'none',
  });
}

export interface ScoredModel {
  readonly model: string;
  /** 0 to 1; undefined where the model has no score, which is shown as such. */
  readonly score: number | undefined;
  readonly bounds: Bounds | undefined;
}

export interface ScoreBarData {
  readonly title: string;
  /** Name of the score under the axis: `PER-A`. */
  readonly scoreTitle: string;
  /** Drawn in this order. */
  readonly models: readonly ScoredModel[];
}

interface KnownScore {
  readonly score: number;
  readonly bounds: Bounds | undefined;
}

function knownScore({ score, bounds }: ScoredModel): KnownScore | undefined {
  return score === undefined || !Number.isFinite(score) ? undefined : { score, bounds };
}

/** A bar per model from 0 to its score, with the interval where one is known. */
export function scoreBars(data: ScoreBarData, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  const { models, title, scoreTitle } = data;
  const scores = models.map(knownScore);
  if (scores.every((score) => score === undefined)) return emptyChart(title, 'no model has a score', options);
  const names = models.map(({ model }) => model);
  const values = scores.map((known) => known?.score.toFixed(3) ?? 'no score');
  const left = theme.fontSize * 0.3;
  const layout = rowsLayout({ names, values, left, right: width, top: theme.fontSize * 0.5, theme });
  const { area } = layout;
  const highest = Math.max(...scores.map((known) => known?.bounds?.high ?? known?.score ?? 0));
  const end = highest > 0 ? Math.min(1, highest * 1.05) : 1;
  const x = scaleLinear([0, end], [area.left, area.right]);
  const ticks = linearTicks(0, end, Math.max(2, Math.floor((area.right - area.left) / theme.fontSize / 4)));
  const shown = names.map((name, row) => `${name} ${values[row]}`).join(', ');
  return chartFrame(
    { title, description: `${scoreTitle}: ${shown}.` },
    { width, height: layout.height },
    options,
    rowsAxis(
      ticks.map((tick) => ({ at: x(tick), text: tickText(tick) })),
      scoreTitle,
      layout,
    ),
    rowNames(layout),
    rowValues(values, layout),
    ...scores.map((known, row) =>
      known === undefined ? null : bar(known, row, x, layout, theme.palette[0] ?? theme.ink),
    ),
  );
}

/** A bar with its interval; shared with the bars of factors. */
export function bar(
  { score, bounds }: KnownScore,
  row: number,
  x: (value: number) => number,
  { area, middle, theme }: RowsLayout,
  color: string,
): VNode {
  const y = middle(row);
  const thickness = theme.fontSize * 0.85;
  return svgElement(
    'g',
    {},
    svgElement('rect', {
      x: area.left,
      y: y - thickness / 2,
      width: Math.max(0.5, x(score) - area.left),
      height: thickness,
      fill: color,
      'fill-opacity': 0.8,
    }),
    bounds === undefined ? null : intervalLine(x(bounds.low), x(bounds.high), y, theme.ink, theme),
  );
}

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
  if (models.length === 0) return emptyChart(data.title, 'no model has a rank', options);
  const values = models.map(({ support }) => (support === undefined ? '' : supportText(support)));
  const { fontSize } = theme;
  const left = fontSize * 0.3;
  const names = models.map(({ model }) => model);
  const color = theme.palette[0] ?? theme.ink;
  const isBest = ({ isTiedWithBest, rank }: (typeof models)[number]): boolean => isTiedWithBest ?? rank === 1;
  const look = (isFull: boolean) => ({
    fill: isFull ? color : theme.background,
    stroke: color,
    'stroke-width': fontSize / 8,
  });
  const key = legend(rankEntries(models, isBest, look, theme), { left: fontSize, right: width - fontSize }, theme);
  const layout = rowsLayout({ names, values, left, right: width, top: key.height + fontSize * 0.5, theme });
  const { area } = layout;
  const last = Math.max(models.length, ...models.map(({ rank, bounds }) => bounds?.high ?? rank));
  const x = scaleLinear([0.5, last + 0.5], [area.left, area.right]);
  const most = Math.max(2, Math.floor((area.right - area.left) / fontSize / 2.2));
  const ticks = last <= most ? Array.from({ length: last }, (_, index) => index + 1) : linearTicks(1, last, most);
  const whole = ticks.filter((tick) => Number.isInteger(tick));
  const hasSupport = values.some((value) => value !== '');
  return chartFrame(
    { title: data.title, description: describe(models) },
    { width, height: layout.height },
    options,
    key.node,
    rowsAxis(
      whole.map((tick) => ({ at: x(tick), text: String(tick) })),
      hasSupport ? 'Rank (right: P(1st))' : 'Rank',
      layout,
    ),
    rowNames(layout),
    rowValues(values, layout),
    ...models.map((one, row) => {
      const { model, rank, bounds } = one;
      return svgElement(
        'g',
        {},
        svgElement('title', {}, `${model}: rank ${rankText(rank, bounds)}`),
        bounds === undefined ? null : intervalLine(x(bounds.low), x(bounds.high), layout.middle(row), color, theme),
        svgElement('circle', {
          cx: x(rank),
          cy: layout.middle(row),
          r: fontSize * 0.34,
          ...look(isBest(one)),
        }),
      );
    }),
  );
}

/** What full and hollow marks say, where that is known. */
function rankEntries<Model extends Pick<RankedModel, 'isTiedWithBest'>>(
  models: readonly Model[],
  isBest: (model: Model) => boolean,
  look: (isFull: boolean) => SvgAttributes,
  theme: ChartTheme,
): readonly LegendEntry[] {
  if (models.every(({ isTiedWithBest }) => isTiedWithBest === undefined)) return [];
  const hollow = circleEntry('significantly worse than the best', look(false), theme);
  return [circleEntry('may be the best', look(true), theme), ...(models.every(isBest) ? [] : [hollow])];
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
  models: readonly { readonly model: string; readonly rank: number; readonly bounds: Bounds | undefined }[],
): string {
  return `Ranks, with intervals where known: ${models.map(({ model, rank, bounds }) => `${model} ${rankText(rank, bounds)}`).join(', ')}.`;
}
