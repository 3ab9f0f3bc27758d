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
  type SvgAttributes,
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
import {
  circleEntry,
  legend,
  lineEntry,
  modelFamily,
  pointMark,
  pointStyles,
  styleEntry,
  type LegendEntry,
  type PointStyle,
} from './point-styles.ts';

/** A point whose x costs or yields something and whose y is to be large. */
export interface FrontPoint {
  readonly x: number;
  readonly y: number;
}

/** Whether less or more of x is better. */
export type Direction = 'less' | 'more';

/** The points that no other beats in one of x and y without losing in the other, by rising y. */
export function frontPoints<Point extends FrontPoint>(points: readonly Point[], direction: Direction): Point[] {
  const sign = direction === 'less' ? -1 : 1;
  return points
    .filter(({ x, y }) =>
      points.every((other) => !(other.y >= y && sign * other.x >= sign * x && (other.y > y || other.x !== x))),
    )
    .toSorted((left, right) => left.y - right.y || left.x - right.x);
}

/**
 * The border of what the points attain: at each x the best accuracy that one of them has while being at least that
 * good in x.
 *
 * Where more is better it leads from the best x straight to the left at that point's own y, and up at the next point.
 * Going up first would promise combinations that no model has.
 *
 * @param edges where the axes end: `floor` is the lowest y, `worst` the worst x
 * @returns corners from the best x to the worst; empty without points
 */
export function attainedStaircase(
  points: readonly FrontPoint[],
  direction: Direction,
  edges: { readonly floor: number; readonly worst: number },
): readonly (readonly [x: number, y: number])[] {
  const front = frontPoints(points, direction);
  const corners: (readonly [number, number])[] = [];
  let level = edges.floor;
  for (const { x, y } of front) {
    if (y > level || corners.length === 0) corners.push([x, level], [x, y]);
    level = y;
  }
  const last = front.at(-1);
  if (last !== undefined) corners.push([edges.worst, last.y]);
  return corners;
}

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

/**
 * Accuracy against a cost factor on a logarithmic axis, with interval bars in both directions, and the border of what
 * the models attain. Models on the Pareto front are full. Names stand beside the points and families share a look;
 * where one name has no room, each model has its own look and all names stand above.
 */
export function paretoScatter(data: ScatterData, options: ChartOptions): Chart {
  const drawable = data.points.filter(isPlottable);
  if (drawable.length === 0) return emptyChart(data.title, 'no model has both numbers', options);
  return drawScatter(data, drawable, options, modelFamily) ?? (drawScatter(data, drawable, options) as Chart);
}

/**
 * @param familyOf whose looks models share; without it each has its own, and no name beside it
 * @returns undefined where a name has no room
 */
function drawScatter(
  data: ScatterData,
  drawable: readonly ScatterPoint[],
  options: ChartOptions,
  familyOf?: (model: string) => string,
): Chart | undefined {
  const { theme = lightTheme } = options;
  const front = new Set(frontPoints(drawable, data.direction));
  const lookOf = familyOf ?? ((model: string) => model);
  // By name, so that a family looks the same on every chart of the same models.
  const styles = pointStyles(drawable.map(({ model }) => lookOf(model)).toSorted(), theme);
  const points = drawable.map((point): Drawn => ({
    ...point,
    style: styles.get(lookOf(point.model)) as PointStyle,
    isOnFront: front.has(point),
  }));
  const key = legend(
    legendEntries(points, familyOf !== undefined && styles.size < 2 ? [] : [...styles.values()], theme),
    { left: theme.fontSize, right: options.width - theme.fontSize },
    theme,
  );
  const plot = layOut(data, points, key.height, options, theme);
  const corners = frontCorners(points, data.direction, plot);
  const names =
    familyOf === undefined
      ? []
      : pointLabels(points, plot, {
          isFirst: ({ isOnFront }) => isOnFront,
          color: ({ isOnFront }) => (isOnFront ? theme.ink : theme.muted),
          radius: theme.fontSize * 0.38,
          clearance: theme.fontSize * 0.38 * 1.05,
          corners,
        });
  if (names === undefined) return undefined;
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
    ...names,
  );
}

/** Families or models, and every look that a point of this chart has. */
function legendEntries(
  points: readonly Drawn[],
  styles: readonly PointStyle[],
  theme: ChartTheme,
): readonly LegendEntry[] {
  const { fontSize, muted, background } = theme;
  const hollow = { fill: background, stroke: muted, 'stroke-width': fontSize / 8 };
  return [
    ...styles.map((style) => styleEntry(style, theme)),
    lineEntry('Pareto front', frontStroke(theme), theme),
    ...(points.some(({ isOnFront }) => !isOnFront)
      ? [circleEntry('pale: another is at least as good in both', { fill: muted, opacity: paleness }, theme)]
      : []),
    ...(points.some(({ isDoubtful }) => isDoubtful) ? [circleEntry('hollow: a doubtful number', hollow, theme)] : []),
  ];
}

const paleness = 0.55;

function namesOf({ title, xTitle, points: given }: ScatterData, points: readonly Drawn[]): ChartNames {
  const front = points.filter(({ isOnFront }) => isOnFront).toSorted((left, right) => left.y - right.y);
  const list = front.map(({ model, x, y }) => `${model} (${y.toFixed(3)} at ${tickText(x)})`).join(', ');
  const left = given.length - points.length;
  const missing = left === 0 ? '' : ` ${left} without both numbers are left out.`;
  return {
    title,
    description: `Accuracy of ${points.length} models against ${xTitle}. Pareto front: ${list}.${missing}`,
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
  const { width, height = width * 0.66 } = options;
  const values = yReach(points);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.02, (highest - lowest) * 0.08);
  const yDomain = [Math.max(0, lowest - room), Math.min(1, highest + room)] as const;
  const better = data.direction === 'less' ? '← better' : 'better →';
  return layOutLogPlot(
    {
      box: { left: 0, right: width - fontSize * tickOverhang, top, bottom: top + height },
      xDomain: logDomain(xReach(points)),
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
  return svgElement('path', { d: polyline(corners), fill: 'none', ...frontStroke(theme) });
}

function frontStroke(theme: ChartTheme): SvgAttributes {
  return { stroke: theme.muted, 'stroke-width': theme.fontSize / 9, 'stroke-dasharray': dashes(theme) };
}

function marker(point: Drawn, plot: LogPlot): VNode {
  const { style, isOnFront, isDoubtful, model, x, y } = point;
  const { theme } = plot;
  return svgElement(
    'g',
    { opacity: isOnFront ? undefined : paleness },
    svgElement('title', {}, `${model}: ${y.toFixed(3)} at ${tickText(x)}${isDoubtful ? ' (doubtful)' : ''}`),
    boundBars(point, plot, { stroke: style.color, 'stroke-width': theme.fontSize / 10 }),
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
