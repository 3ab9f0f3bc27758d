import type { VNode } from 'preact';
import { attainedStaircase, frontPoints, type Direction } from './attained-staircase.ts';
import { bottomAxisHeight } from './axes.ts';
import { logDomain, tickText } from './axis-ticks.ts';
import { chartFrame, emptyChart, type ChartNames } from './chart-frame.ts';
import type { Bounds, Chart, ChartOptions } from './chart-options.ts';
import { lightTheme, type ChartTheme } from './chart-theme.ts';
import { legend } from './legend.ts';
import { layOutLogPlot, type LogPlot } from './log-plot.ts';
import { modelFamily, pointPath, pointStyles, type PointStyle } from './model-family.ts';
import { placedLabel } from './placed-label.ts';
import { placeLabels, segmentBoxes, squareAround, type Box } from './place-labels.ts';
import { polyline, svgElement } from './svg-element.ts';
import { fitText } from './text-extent.ts';

/** One model: its accuracy, and what that costs. */
export interface ScatterPoint {
  readonly model: string;
  /** The cost factor, above 0. */
  readonly x: number;
  /** Accuracy, 0 to 1. */
  readonly y: number;
  readonly xBounds?: Bounds | undefined;
  readonly yBounds?: Bounds | undefined;
  /** Drawn hollow: something speaks against a number. */
  readonly isDoubtful?: boolean | undefined;
}

export interface ScatterData {
  readonly title: string;
  /** Of the cost factor, with its unit: `Throughput, tokens/s per device`. */
  readonly xTitle: string;
  readonly yTitle?: string;
  /** Whether less or more of the cost factor is better. */
  readonly direction: Direction;
  readonly points: readonly ScatterPoint[];
}

interface Drawn extends ScatterPoint {
  readonly style: PointStyle;
  readonly isOnFront: boolean;
}

interface Plot extends Pick<LogPlot, 'area' | 'x' | 'y'> {
  readonly theme: ChartTheme;
  readonly radius: number;
}

function isDrawable({ x, y }: ScatterPoint): boolean {
  return Number.isFinite(x) && x > 0 && Number.isFinite(y);
}

/**
 * Accuracy against a cost factor on a logarithmic axis, with interval bars in both directions, and the border of what
 * the models attain. Models that nobody beats in both are full and named first.
 */
export function paretoScatter(data: ScatterData, options: ChartOptions): Chart {
  const { theme = lightTheme } = options;
  const drawable = data.points.filter(isDrawable);
  if (drawable.length === 0) {
    const names = { title: data.title, description: 'No model has both numbers.' };
    return emptyChart(names, 'no model has both numbers', options);
  }
  const front = new Set(frontPoints(drawable, data.direction));
  // By name, so that a family looks the same on every chart of the same models.
  const styles = pointStyles(drawable.map(({ model }) => modelFamily(model)).toSorted(), theme);
  const points = drawable.map((point): Drawn => ({
    ...point,
    style: styles.get(modelFamily(point.model)) as PointStyle,
    isOnFront: front.has(point),
  }));
  const key = legend([...styles.values()], { left: theme.fontSize, right: options.width - theme.fontSize }, theme);
  const { plot, axes } = layOut(data, points, key.height, options, theme);
  return chartFrame(
    namesOf(data, points),
    { width: options.width, height: plot.area.bottom + bottomAxisHeight(theme) },
    options,
    key.node,
    ...axes,
    frontLine(points, data.direction, plot),
    ...points
      .toSorted((left, right) => Number(left.isOnFront) - Number(right.isOnFront))
      .map((one) => marker(one, plot)),
    ...labels(points, data.direction, plot),
  );
}

function namesOf(
  { title, xTitle, yTitle = 'accuracy', points: given }: ScatterData,
  points: readonly Drawn[],
): ChartNames {
  const front = points.filter(({ isOnFront }) => isOnFront).toSorted((left, right) => left.y - right.y);
  const list = front.map(({ model, x, y }) => `${model} (${y.toFixed(3)} at ${tickText(x)})`).join(', ');
  const left = given.length - points.length;
  const missing = left === 0 ? '' : ` ${left} without both numbers are left out.`;
  return {
    title,
    description: `${yTitle} of ${points.length} models against ${xTitle}. Not beaten in both: ${list}.${missing}`,
  };
}

function layOut(
  data: ScatterData,
  points: readonly Drawn[],
  top: number,
  options: ChartOptions,
  theme: ChartTheme,
): { readonly plot: Plot; readonly axes: readonly VNode[] } {
  const { fontSize } = theme;
  const { width, height = width * 0.72 } = options;
  const values = points.flatMap(({ y, yBounds }) => [y, yBounds?.low ?? y, yBounds?.high ?? y]);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.02, (highest - lowest) * 0.08);
  const yDomain = [Math.max(0, lowest - room), Math.min(1, highest + room)] as const;
  const bounds = points.flatMap(({ x, xBounds }) => [x, xBounds?.low ?? x, xBounds?.high ?? x]);
  const better = data.direction === 'less' ? '← better' : 'better →';
  const { axes, ...plot } = layOutLogPlot(
    {
      width,
      height,
      top,
      right: fontSize * 0.8,
      xDomain: logDomain(bounds.filter((value) => value > 0)),
      yDomain,
      xTitle: `${data.xTitle} (${better})`,
      yTitle: data.yTitle ?? 'Accuracy',
      xText: tickText,
      xTickRoom: 3.2,
      upperRoom: 0.5,
    },
    theme,
  );
  return { plot: { ...plot, theme, radius: fontSize * 0.38 }, axes };
}

function frontCorners(
  points: readonly Drawn[],
  direction: Direction,
  { area, x, y }: Plot,
): readonly [number, number][] {
  const worst = direction === 'less' ? area.right : area.left;
  return attainedStaircase(points, direction, { floor: Number.NEGATIVE_INFINITY, worst: Number.NaN }).map(
    ([atX, atY]) => [Number.isNaN(atX) ? worst : x(atX), atY === Number.NEGATIVE_INFINITY ? area.bottom : y(atY)],
  );
}

function frontLine(points: readonly Drawn[], direction: Direction, plot: Plot): VNode {
  const { theme } = plot;
  return svgElement('path', {
    d: polyline(frontCorners(points, direction, plot)),
    fill: 'none',
    stroke: theme.muted,
    'stroke-width': theme.fontSize / 9,
    'stroke-dasharray': `${theme.fontSize / 3} ${theme.fontSize / 5}`,
  });
}

function boundBars({ x, y, xBounds, yBounds }: ScatterPoint, plot: Plot): string {
  const parts: string[] = [];
  if (xBounds !== undefined && xBounds.low > 0) {
    parts.push(
      polyline([
        [plot.x(xBounds.low), plot.y(y)],
        [plot.x(xBounds.high), plot.y(y)],
      ]),
    );
  }
  if (yBounds !== undefined)
    parts.push(
      polyline([
        [plot.x(x), plot.y(yBounds.low)],
        [plot.x(x), plot.y(yBounds.high)],
      ]),
    );
  return parts.join('');
}

function marker(point: Drawn, plot: Plot): VNode {
  const { style, isOnFront, isDoubtful = false, model, x, y } = point;
  const { theme, radius } = plot;
  const bars = boundBars(point, plot);
  return svgElement(
    'g',
    { opacity: isOnFront ? undefined : 0.55 },
    svgElement('title', {}, `${model}: ${y.toFixed(3)} at ${tickText(x)}${isDoubtful ? ' (doubtful)' : ''}`),
    bars === ''
      ? null
      : svgElement('path', { d: bars, stroke: style.color, 'stroke-width': theme.fontSize / 10, fill: 'none' }),
    svgElement('path', {
      d: pointPath(style, radius * 2),
      transform: `translate(${plot.x(x).toFixed(2)},${plot.y(y).toFixed(2)})`,
      fill: isDoubtful ? theme.background : style.color,
      stroke: isDoubtful ? style.color : theme.background,
      'stroke-width': theme.fontSize / (isDoubtful ? 8 : 16),
    }),
  );
}

function labels(points: readonly Drawn[], direction: Direction, plot: Plot): VNode[] {
  const { area, theme, radius } = plot;
  const fontSize = theme.fontSize * 0.85;
  const longest = (area.right - area.left) * 0.45;
  const placed = placeLabels(
    points.map(({ model, x, y, isOnFront }) => ({
      x: plot.x(x),
      y: plot.y(y),
      text: fitText(model, longest, fontSize),
      priority: isOnFront ? 1 : 0,
    })),
    {
      bounds: { left: area.left + 2, right: area.right, top: area.top, bottom: area.bottom - 2 },
      fontSize,
      radius,
      obstacles: points.map(({ x, y }) => squareAround(plot.x(x), plot.y(y), radius * 1.05)),
      lines: [
        ...points.flatMap((point) => barBoxes(point, plot)),
        ...segmentBoxes(frontCorners(points, direction, plot)),
      ],
    },
  );
  return placed.flatMap((label, index) => {
    if (label === undefined) return [];
    const isOnFront = points[index]?.isOnFront === true;
    return placedLabel(label, fontSize, isOnFront ? theme.ink : theme.muted, theme);
  });
}

function barBoxes({ x, y, xBounds, yBounds }: ScatterPoint, plot: Plot): Box[] {
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
