import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { linearTicks, tickText } from './axis-ticks.ts';
import { chartFrame, emptyChart } from './chart-frame.ts';
import type { Bounds, Chart, ChartOptions } from './chart-options.ts';
import { lightTheme } from './chart-theme.ts';
import { intervalLine, rowNames, rowsAxis, rowsLayout, rowValues, type RowsLayout } from './interval-rows.ts';
import { svgElement } from './svg-element.ts';

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
  if (scores.every((score) => score === undefined)) {
    return emptyChart({ title, description: 'No model has a score.' }, 'no model has a score', options);
  }
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
    rowNames(names, left, layout),
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
