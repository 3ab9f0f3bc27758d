import type { VNode } from 'preact';
import { attainedStaircase, frontPoints, type Direction } from './attained-staircase.ts';
import { bottomAxisHeight } from './axes.ts';
import { logDomain, tickText } from './axis-ticks.ts';
import { chartFrame, emptyChart, type ChartNames } from './chart-frame.ts';
import type { Chart, ChartOptions } from './chart-options.ts';
import { lightTheme, type ChartTheme } from './chart-theme.ts';
import { legend } from './legend.ts';
import { boundBars, layOutLogPlot, pointLabels, type LogPlot, type PlottedPoint } from './log-plot.ts';
import { modelFamily, pointMark, pointStyles, type PointStyle } from './model-family.ts';
import { polyline, svgElement } from './svg-element.ts';

/** One model: its accuracy `y`, and the cost factor `x` that it is paid with. */
export interface ScatterPoint extends PlottedPoint {
  /** Drawn hollow: something speaks against a number. */
  readonly isDoubtful: boolean;
}

export interface ScatterData {
  readonly title: string;
  /** Of the cost factor, with its unit: `Throughput, tokens/s per device`. */
  readonly xTitle: string;
  /** Whether less or more of the cost factor is better. */
  readonly direction: Direction;
  readonly points: readonly ScatterPoint[];
}

interface Drawn extends ScatterPoint {
  readonly style: PointStyle;
  readonly isOnFront: boolean;
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
  const plot = layOut(data, points, key.height, options, theme);
  const corners = frontCorners(points, data.direction, plot);
  return chartFrame(
    namesOf(data, points),
    { width: options.width, height: plot.area.bottom + bottomAxisHeight(theme) },
    options,
    key.node,
    ...plot.axes,
    frontLine(corners, theme),
    ...points
      .toSorted((left, right) => Number(left.isOnFront) - Number(right.isOnFront))
      .map((one) => marker(one, plot)),
    ...pointLabels(points, plot, {
      isFirst: ({ isOnFront }) => isOnFront,
      color: ({ isOnFront }) => (isOnFront ? theme.ink : theme.muted),
      radius: theme.fontSize * 0.38,
      corners,
    }),
  );
}

function namesOf({ title, xTitle, points: given }: ScatterData, points: readonly Drawn[]): ChartNames {
  const front = points.filter(({ isOnFront }) => isOnFront).toSorted((left, right) => left.y - right.y);
  const list = front.map(({ model, x, y }) => `${model} (${y.toFixed(3)} at ${tickText(x)})`).join(', ');
  const left = given.length - points.length;
  const missing = left === 0 ? '' : ` ${left} without both numbers are left out.`;
  return {
    title,
    description: `accuracy of ${points.length} models against ${xTitle}. Not beaten in both: ${list}.${missing}`,
  };
}

function layOut(
  data: ScatterData,
  points: readonly Drawn[],
  top: number,
  options: ChartOptions,
  theme: ChartTheme,
): LogPlot {
  const { fontSize } = theme;
  const { width, height = width * 0.72 } = options;
  const values = points.flatMap(({ y, yBounds }) => [y, yBounds?.low ?? y, yBounds?.high ?? y]);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.02, (highest - lowest) * 0.08);
  const yDomain = [Math.max(0, lowest - room), Math.min(1, highest + room)] as const;
  const bounds = points.flatMap(({ x, xBounds }) => [x, xBounds?.low ?? x, xBounds?.high ?? x]);
  const better = data.direction === 'less' ? '← better' : 'better →';
  return layOutLogPlot(
    {
      width,
      height,
      top,
      right: fontSize * 0.8,
      xDomain: logDomain(bounds.filter((value) => value > 0)),
      yDomain,
      xTitle: `${data.xTitle} (${better})`,
      yTitle: 'Accuracy',
      xText: tickText,
      xTickRoom: 3.2,
      upperRoom: 0.5,
    },
    theme,
  );
}

function frontCorners(
  points: readonly Drawn[],
  direction: Direction,
  { area, x, y }: LogPlot,
): readonly [number, number][] {
  const worst = direction === 'less' ? area.right : area.left;
  return attainedStaircase(points, direction, { floor: Number.NEGATIVE_INFINITY, worst: Number.NaN }).map(
    ([atX, atY]) => [Number.isNaN(atX) ? worst : x(atX), atY === Number.NEGATIVE_INFINITY ? area.bottom : y(atY)],
  );
}

function frontLine(corners: readonly (readonly [number, number])[], theme: ChartTheme): VNode {
  return svgElement('path', {
    d: polyline(corners),
    fill: 'none',
    stroke: theme.muted,
    'stroke-width': theme.fontSize / 9,
    'stroke-dasharray': `${theme.fontSize / 3} ${theme.fontSize / 5}`,
  });
}

function marker(point: Drawn, plot: LogPlot): VNode {
  const { style, isOnFront, isDoubtful, model, x, y } = point;
  const { theme } = plot;
  const bars = boundBars(point, plot);
  return svgElement(
    'g',
    { opacity: isOnFront ? undefined : 0.55 },
    svgElement('title', {}, `${model}: ${y.toFixed(3)} at ${tickText(x)}${isDoubtful ? ' (doubtful)' : ''}`),
    bars === ''
      ? null
      : svgElement('path', { d: bars, stroke: style.color, 'stroke-width': theme.fontSize / 10, fill: 'none' }),
    pointMark(
      style,
      { x: plot.x(x), y: plot.y(y), diameter: theme.fontSize * 0.76 },
      {
        fill: isDoubtful ? theme.background : style.color,
        stroke: isDoubtful ? style.color : theme.background,
        'stroke-width': theme.fontSize / (isDoubtful ? 8 : 16),
      },
    ),
  );
}
