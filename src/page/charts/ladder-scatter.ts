import { symbolCircle, symbolSquare } from 'd3-shape';
import type { VNode } from 'preact';
import { bottomAxisHeight, logDomain, tickOverhang, tickText } from './axes.ts';
import {
  chartFrame,
  dashes,
  emptyChart,
  lightTheme,
  polyline,
  svgElement,
  type Chart,
  type ChartNames,
  type ChartOptions,
  type ChartTheme,
} from './chart-frame.ts';
import { colourScale, scaleLegend, type ColourScale } from './colour-scale.ts';
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
import { circleEntry, legend, pointMark, styleEntry, type Legend, type LegendEntry } from './point-styles.ts';

/** One configuration: how small it is, and how far it is from the base. */
export interface LadderPoint extends PlottedPoint {
  /** Stands beside the point. */
  readonly label: string;
  /** In the unit of the data; undefined where it isn't known, or doubtful. */
  readonly speed: number | undefined;
  readonly isBase: boolean;
  /** What a race left open, with `y` in its middle: drawn as a bar, since there is no estimate. */
  readonly isRange: boolean;
}

export interface LadderScatterData {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Of the colours. */
  readonly speedTitle: string;
  /** A logarithmic axis shows no 0: what is at 0, as the base is, stands at its foot. */
  readonly isLogarithmic: boolean;
  readonly points: readonly LadderPoint[];
}

interface Looks {
  readonly theme: ChartTheme;
  readonly scale: ColourScale | undefined;
}

/**
 * Loss against size or memory (logarithmic), a point per configuration, its speed as a colour: the lower left is what one
 * looks for. Where a name has no room beside its point, points have numbers, and names stand above.
 */
export function ladderScatter(data: LadderScatterData, options: ChartOptions): Chart {
  const drawable = data.points.filter(isPlottable);
  if (drawable.every(({ isBase }) => isBase)) {
    return emptyChart(data.title, 'no model beside the base has both numbers', options);
  }
  const names = drawable.map(({ label }) => label);
  const numbers = drawable.map((_, index) => String(index + 1));
  return drawLadder(data, drawable, names, options) ?? (drawLadder(data, drawable, numbers, options, names) as Chart);
}

/**
 * @param labels stand beside the points
 * @param key what labels that are numbers stand for; then a label may be left out
 * @returns undefined where a label has no room
 */
function drawLadder(
  data: LadderScatterData,
  points: readonly LadderPoint[],
  labels: readonly string[],
  options: ChartOptions,
  key?: readonly string[],
): Chart | undefined {
  const { theme = lightTheme, width } = options;
  const scale = colourScale(points.flatMap(({ speed }) => speed ?? []));
  const looks = { theme, scale };
  const above = keyOf(data, points, key, looks, width);
  const plot = layOut(data, points, above.height, options, theme);
  const placed = points.map((point) => onPlot(point, plot, data));
  const radius = theme.fontSize * 0.42;
  const names = pointLabels(
    placed.map((point, index) => ({ ...point, model: labels[index] ?? point.model })),
    plot,
    { isFirst: ({ isBase }) => isBase, color: () => theme.ink, radius, clearance: radius * 1.1, corners: [] },
  );
  if (names === undefined && key === undefined) return undefined;
  return chartFrame(
    namesOf(data, points),
    { width, height: plot.area.bottom + bottomAxisHeight(theme) },
    options,
    above.node,
    ...plot.axes,
    zeroLine(plot, data),
    ...placed.map((point) => marker(point, plot, looks)),
    ...(names ?? []),
  );
}

/** What colours and marks stand for, and names where points have numbers. */
function keyOf(
  { speedTitle, isLogarithmic }: LadderScatterData,
  points: readonly LadderPoint[],
  key: readonly string[] | undefined,
  { theme, scale }: Looks,
  width: number,
): Legend {
  const { fontSize, ink, background } = theme;
  const hollow = { fill: background, stroke: ink, 'stroke-width': fontSize / 12 };
  const square = { name: isLogarithmic ? 'base: 0, at the foot' : 'base', color: ink, shape: symbolSquare };
  const entries: readonly LegendEntry[] = [
    ...(points.some(({ isBase }) => isBase) ? [styleEntry(square, theme)] : []),
    ...(points.some(({ speed }) => speed === undefined)
      ? [circleEntry('hollow: speed unknown or doubtful', hollow, theme)]
      : []),
    ...(points.some(({ isRange }) => isRange)
      ? [circleEntry('bar: what the race left open', { fill: 'none' }, theme)]
      : []),
    ...(key ?? []).map((name, index): LegendEntry => ({
      text: `${index + 1} ${name}`,
      mark: () => svgElement('g', {}),
    })),
  ];
  const bar =
    scale && scaleLegend(scale, { title: speedTitle, text: tickTextOf(scale) }, { left: fontSize, top: 0 }, theme);
  const marks = legend(entries, { left: fontSize, right: width - fontSize, top: bar?.height ?? 0 }, theme);
  return { height: (bar?.height ?? 0) + marks.height, node: svgElement('g', {}, bar?.node, marks.node) };
}

/** Three significant digits tell speeds apart. */
function tickTextOf({ high }: ColourScale): (value: number) => string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(high)));
  return (value) => String(Number(value.toFixed(decimals)));
}

function namesOf(
  { title, xTitle, yTitle, points: given }: LadderScatterData,
  points: readonly LadderPoint[],
): ChartNames {
  const rounded = (value: number): string => tickText(Number(value.toPrecision(3)));
  const list = points.map(({ model, x, y, yBounds, isBase, isRange }) => {
    const range = isRange && yBounds !== undefined ? `${rounded(yBounds.low)} to ${rounded(yBounds.high)}` : rounded(y);
    return `${model} ${isBase ? '(base)' : range} at ${rounded(x)}`;
  });
  const left = given.length - points.length;
  const missing = left === 0 ? '' : ` ${left} without both numbers are left out.`;
  return { title, description: `${yTitle} against ${xTitle}: ${list.join(', ')}.${missing}` };
}

/** With room below the least for what stands at the foot. */
function logarithmicDomain(points: readonly LadderPoint[]): readonly [number, number] {
  const positive = yReach(points).filter((value) => value > 0);
  const [low, high] = positive.length === 0 ? [0.001, 1] : logDomain(positive);
  return [low / Math.max(1.5, (high / low) ** 0.15), high];
}

function linearDomain(points: readonly LadderPoint[]): readonly [number, number] {
  const values = [...yReach(points), 0];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.5, (high - low) * 0.08);
  return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
}

function layOut(
  data: LadderScatterData,
  points: readonly LadderPoint[],
  top: number,
  options: ChartOptions,
  theme: ChartTheme,
): LogPlot {
  const { width, height = width * 0.66 } = options;
  const { isLogarithmic, xTitle, yTitle } = data;
  return layOutLogPlot(
    {
      box: { left: 0, right: width - theme.fontSize * tickOverhang, top, bottom: top + height },
      xDomain: logDomain(xReach(points)),
      yDomain: isLogarithmic ? logarithmicDomain(points) : linearDomain(points),
      xTitle,
      yTitle,
      xText: tickText,
      xTickRoom: 3.2,
      upperRoom: 0.5,
      yAxis: { isLogarithmic, texts: (ticks) => ticks.map(tickText) },
    },
    theme,
  );
}

/** A point with what the axis can show of it: below the foot there is nothing. */
function onPlot(point: LadderPoint, plot: LogPlot, { isLogarithmic }: LadderScatterData): LadderPoint {
  if (!isLogarithmic) return point;
  const foot = plot.yDomain[0];
  const { y, yBounds } = point;
  const shown = (value: number): number => Math.max(foot, value);
  return { ...point, y: shown(y), yBounds: yBounds && { low: shown(yBounds.low), high: shown(yBounds.high) } };
}

/** Where the base is. */
function zeroLine({ area, y, theme }: LogPlot, { isLogarithmic }: LadderScatterData): VNode | null {
  if (isLogarithmic) return null;
  const corners = [area.left, area.right].map((x) => [x, y(0)] as const);
  const stroke = { stroke: theme.muted, 'stroke-width': theme.fontSize / 12, 'stroke-dasharray': dashes(theme) };
  return svgElement('path', { d: polyline(corners), fill: 'none', ...stroke });
}

function marker(point: LadderPoint, plot: LogPlot, { theme, scale }: Looks): VNode {
  const { model, x, y, speed, isBase, isRange, yBounds = { low: y, high: y } } = point;
  const { fontSize, ink, background } = theme;
  const outline = { stroke: ink, 'stroke-width': fontSize / 12 };
  const fill = speed === undefined || scale === undefined ? background : scale.colourOf(speed);
  const [atX, diameter] = [plot.x(x), fontSize * 0.84];
  const top = plot.y(yBounds.high);
  const range = { x: atX - diameter / 4, y: top, width: diameter / 2, height: plot.y(yBounds.low) - top };
  return svgElement(
    'g',
    {},
    svgElement('title', {}, `${model}${isBase ? ' (base)' : ''}`),
    boundBars(point, plot, outline),
    isRange
      ? svgElement('rect', { ...range, fill, ...outline })
      : pointMark(
          { name: model, color: fill, shape: isBase ? symbolSquare : symbolCircle },
          { x: atX, y: plot.y(y), diameter },
          { fill, ...outline },
        ),
  );
}
