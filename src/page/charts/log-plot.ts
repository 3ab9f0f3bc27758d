import { scaleLinear, scaleLog } from 'd3-scale';
import type { VNode } from 'preact';
import {
  axisLines,
  bottomAxis,
  bottomAxisHeight,
  leftAxis,
  leftAxisWidth,
  linearTicks,
  logTicks,
  ratioTexts,
  type PlotArea,
} from './axes.ts';
import { polyline, svgElement, type Bounds, type ChartTheme, type SvgAttributes } from './chart-frame.ts';
import { placedLabel, placeLabels, segmentBoxes, squareAround, type Box } from './labels.ts';
import { wrapText } from './text-extent.ts';

/** A point of a plot, in the units of its axes. */
export interface PlottedPoint {
  readonly model: string;
  /** Above 0. */
  readonly x: number;
  readonly y: number;
  readonly xBounds: Bounds | undefined;
  readonly yBounds: Bounds | undefined;
}

/** Whether axes can show it. */
export function isPlottable({ x, y }: Pick<PlottedPoint, 'x' | 'y'>): boolean {
  return Number.isFinite(x) && x > 0 && Number.isFinite(y);
}

/** The values of points along the lower axis, with the ends of their intervals; none that it can't show. */
export function xReach(points: readonly PlottedPoint[]): readonly number[] {
  return points.flatMap(({ x, xBounds }) => [x, xBounds?.low ?? x, xBounds?.high ?? x]).filter((value) => value > 0);
}

/** The same along the upright axis, whatever that can show. */
export function yReach(points: readonly PlottedPoint[]): readonly number[] {
  return points.flatMap(({ y, yBounds }) => [y, yBounds?.low ?? y, yBounds?.high ?? y]);
}

/** A plot of something, mostly of shares, against something on a logarithmic axis. */
export interface LogPlot {
  readonly area: PlotArea;
  readonly theme: ChartTheme;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly yDomain: readonly [number, number];
  readonly axes: readonly VNode[];
}

export interface LogPlotOptions {
  /** Room of the plot with its axes. */
  readonly box: Box;
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xText: (value: number) => string;
  /** Where only those values have a meaning; round ones by default. */
  readonly xTicks?: readonly number[];
  /** Room of one tick on the lower axis, in font sizes. */
  readonly xTickRoom: number;
  /** Room between the highest value and the upper edge, in font sizes. */
  readonly upperRoom: number;
  /** A linear axis of shares by default. */
  readonly yAxis?: UprightAxis;
}

export interface UprightAxis {
  readonly isLogarithmic: boolean;
  readonly texts: (ticks: readonly number[]) => readonly string[];
}

const axisOfShares: UprightAxis = { isLogarithmic: false, texts: ratioTexts };

/** Least height of a plot with its axes, in font sizes. */
export const lowestPlot = 13;

export function layOutLogPlot(options: LogPlotOptions, theme: ChartTheme): LogPlot {
  const { box, xDomain, yDomain, xText, yAxis = axisOfShares } = options;
  const { fontSize } = theme;
  const ticksOf = yAxis.isLogarithmic ? logTicks : linearTicks;
  const yTicks = ticksOf(...yDomain, Math.max(3, Math.floor((box.bottom - box.top) / fontSize / 5)));
  const yTexts = yAxis.texts(yTicks);
  const area: PlotArea = {
    left: box.left + leftAxisWidth(yTexts, theme),
    right: box.right,
    top: box.top + fontSize * 0.6,
    bottom: Math.max(box.bottom, box.top + fontSize * lowestPlot) - bottomAxisHeight(theme),
  };
  const x = scaleLog(xDomain, [area.left, area.right]);
  // Room at the upper and lower edges lets points at 0 or 1 be whole.
  const y = (yAxis.isLogarithmic ? scaleLog : scaleLinear)(yDomain, [
    area.bottom - fontSize * 0.5,
    area.top + fontSize * options.upperRoom,
  ]);
  const mostTicks = Math.max(2, Math.floor((area.right - area.left) / fontSize / options.xTickRoom));
  const xTicks = options.xTicks ?? logTicks(...xDomain, mostTicks);
  const axes = [
    bottomAxis(
      { ticks: xTicks.map((tick) => ({ at: x(tick), text: xText(tick) })), title: options.xTitle },
      area,
      theme,
    ),
    leftAxis(
      { ticks: yTicks.map((tick, index) => ({ at: y(tick), text: yTexts[index] ?? '' })), title: options.yTitle },
      area,
      theme,
    ),
    axisLines(area, theme),
  ];
  return { area, theme, x, y, yDomain, axes };
}

/** Interval bars of a point in both directions; none beyond what the axis can show. */
export function boundBars(
  { x, y, xBounds, yBounds }: PlottedPoint,
  plot: LogPlot,
  stroke: Pick<SvgAttributes, 'stroke' | 'stroke-width'>,
): VNode | null {
  const across = xBounds === undefined || xBounds.low <= 0 ? [] : [xBounds.low, xBounds.high];
  const upright = yBounds === undefined ? [] : [yBounds.low, yBounds.high];
  const d =
    polyline(across.map((end) => [plot.x(end), plot.y(y)])) + polyline(upright.map((end) => [plot.x(x), plot.y(end)]));
  return d === '' ? null : svgElement('path', { d, ...stroke, fill: 'none' });
}

/** The same bars as boxes, one unit wide to either side. */
function boundBoxes({ x, y, xBounds, yBounds }: PlottedPoint, plot: LogPlot): Box[] {
  const [atX, atY] = [plot.x(x), plot.y(y)];
  return [
    ...(xBounds === undefined || xBounds.low <= 0
      ? []
      : [{ left: plot.x(xBounds.low), right: plot.x(xBounds.high), top: atY - 1, bottom: atY + 1 }]),
    ...(yBounds === undefined
      ? []
      : [{ left: atX - 1, right: atX + 1, top: plot.y(yBounds.high), bottom: plot.y(yBounds.low) }]),
  ];
}

export interface PointLabelRequest<Point> {
  /** Placed before the others. */
  readonly isFirst: (point: Point) => boolean;
  readonly color: (point: Point) => string;
  /** How far a marker reaches from its point. */
  readonly radius: number;
  /** How far labels keep from the points of others; some styles of marker reach beyond their radius. */
  readonly clearance: number;
  /** Corners of a line that labels keep clear of, in the chart's units. */
  readonly corners: readonly (readonly [number, number])[];
}

/** Names beside points; undefined where one of them has no room. */
export function pointLabels<Point extends PlottedPoint>(
  points: readonly Point[],
  plot: LogPlot,
  { isFirst, color, radius, clearance, corners }: PointLabelRequest<Point>,
): VNode[] | undefined {
  const { area, theme } = plot;
  const fontSize = theme.fontSize * 0.85;
  const longest = (area.right - area.left) * 0.45;
  const placed = placeLabels(
    points.map((point) => ({
      x: plot.x(point.x),
      y: plot.y(point.y),
      lines: wrapText(point.model, longest, fontSize),
      priority: isFirst(point) ? 1 : 0,
    })),
    {
      bounds: { left: area.left + 2, right: area.right, top: area.top, bottom: area.bottom - 2 },
      fontSize,
      radius,
      obstacles: points.map(({ x, y }) => squareAround(plot.x(x), plot.y(y), clearance)),
      lines: [...points.flatMap((point) => boundBoxes(point, plot)), ...segmentBoxes(corners)],
    },
  );
  if (placed.includes(undefined)) return undefined;
  return points.flatMap((point, index) => {
    const label = placed[index];
    return label === undefined ? [] : placedLabel(label, fontSize, color(point), theme);
  });
}
