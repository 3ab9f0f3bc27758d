import type { VNode } from 'preact';
import { bottomAxisHeight, logDomain, tickOverhang, tickText } from './axes.ts';
import {
  chartFrame,
  emptyChart,
  lightTheme,
  polyline,
  svgElement,
  type Chart,
  type ChartNames,
  type ChartOptions,
  type ChartTheme,
} from './chart-frame.ts';
import {
  boundBars,
  isPlottable,
  layOutLogPlot,
  pointLabels,
  xReach,
  yReach,
  type LogPlot,
  type PlottedPoint,
} from './log-plot.ts';
import { legend, pointMark, pointStyles, styleEntry, type PointStyle } from './point-styles.ts';

/** The same weights under several settings, by rising tokens per answer. */
export interface TokenSeries {
  readonly name: string;
  /** Tokens per answer and accuracy. */
  readonly points: readonly PlottedPoint[];
}

export interface AccuracyByTokensData {
  readonly title: string;
  readonly series: readonly TokenSeries[];
}

/**
 * Accuracy against tokens per answer on a logarithmic axis, with interval bars in both directions: the settings of one
 * model are joined, so that one sees what more thoughts buy. Names stand beside the points; where one has no room, each
 * point has a look of its own and all names stand above.
 */
export function accuracyByTokens(data: AccuracyByTokensData, options: ChartOptions): Chart {
  const series = data.series
    .map((own) => ({ ...own, points: own.points.filter(isPlottable) }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return emptyChart(data.title, 'no weights were run under several settings', options);
  return draw(data.title, series, options, true) ?? (draw(data.title, series, options, false) as Chart);
}

/** @returns undefined where names are to stand beside points and one has no room */
function draw(
  title: string,
  series: readonly TokenSeries[],
  options: ChartOptions,
  hasNames: boolean,
): Chart | undefined {
  const { theme = lightTheme, width } = options;
  const { fontSize } = theme;
  const points = series.flatMap((own) => own.points);
  const styles = pointStyles(hasNames ? series.map(({ name }) => name) : points.map(({ model }) => model), theme);
  const styleOf = (own: TokenSeries, point: PlottedPoint): PointStyle =>
    styles.get(hasNames ? own.name : point.model) as PointStyle;
  const entries = hasNames && styles.size < 2 ? [] : [...styles.values()];
  const key = legend(
    entries.map((style) => styleEntry(style, theme)),
    { left: fontSize, right: width - fontSize },
    theme,
  );
  const plot = layOut(points, key.height, options, theme);
  const lines = series.map((own) => own.points.map(({ x, y }) => [plot.x(x), plot.y(y)] as const));
  const names = !hasNames
    ? []
    : pointLabels(points, plot, {
        isFirst: () => false,
        color: () => theme.ink,
        radius: fontSize * 0.38,
        clearance: fontSize * 0.4,
        corners: lines.flat(),
      });
  if (names === undefined) return undefined;
  return chartFrame(
    namesOf(title, series),
    { width, height: plot.area.bottom + bottomAxisHeight(theme) },
    options,
    key.node,
    ...plot.axes,
    ...series.map((own, index) =>
      seriesLine(lines[index] ?? [], hasNames ? styleOf(own, points[0] as PlottedPoint).color : theme.muted, theme),
    ),
    ...series.flatMap((own) => own.points.map((point) => marker(point, styleOf(own, point), plot))),
    ...names,
  );
}

function layOut(points: readonly PlottedPoint[], top: number, options: ChartOptions, theme: ChartTheme): LogPlot {
  const { width, height = width * 0.6 } = options;
  const values = yReach(points);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.02, (highest - lowest) * 0.08);
  return layOutLogPlot(
    {
      box: { left: 0, right: width - theme.fontSize * tickOverhang, top, bottom: top + height },
      xDomain: logDomain(xReach(points)),
      yDomain: [Math.max(0, lowest - room), Math.min(1, highest + room)],
      xTitle: 'Tokens per answer (← better)',
      yTitle: 'Accuracy',
      xText: tickText,
      xTickRoom: 3.2,
      upperRoom: 0.5,
    },
    theme,
  );
}

function namesOf(title: string, series: readonly TokenSeries[]): ChartNames {
  const parts = series.map(({ name, points }) => {
    const list = points.map(({ model, x, y }) => `${model}: ${y.toFixed(3)} at ${tickText(x)} tokens`).join(', ');
    return `${name} (${list})`;
  });
  return { title, description: `Accuracy against output tokens per answer. ${parts.join('; ')}.` };
}

function seriesLine(corners: readonly (readonly [number, number])[], color: string, { fontSize }: ChartTheme): VNode {
  const stroke = { stroke: color, 'stroke-width': fontSize / 9, 'stroke-opacity': 0.75 };
  return svgElement('path', { d: polyline(corners), fill: 'none', ...stroke });
}

function marker(point: PlottedPoint, style: PointStyle, plot: LogPlot): VNode {
  const { model, x, y } = point;
  const { theme } = plot;
  return svgElement(
    'g',
    {},
    svgElement('title', {}, `${model}: ${y.toFixed(3)} at ${tickText(x)} tokens per answer`),
    boundBars(point, plot, { stroke: style.color, 'stroke-width': theme.fontSize / 10 }),
    pointMark(
      style,
      { x: plot.x(x), y: plot.y(y), diameter: theme.fontSize * 0.76 },
      { fill: style.color, stroke: theme.background, 'stroke-width': theme.fontSize / 16 },
    ),
  );
}
