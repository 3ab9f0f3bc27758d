import type { VNode } from 'preact';
import { bottomAxisHeight, logDomain } from './axes.ts';
import {
  chartFrame,
  emptyChart,
  lightTheme,
  plainLabel,
  polyline,
  svgElement,
  type Bounds,
  type Chart,
  type ChartNames,
  type ChartOptions,
  type ChartTheme,
} from './chart-frame.ts';
import { boundBars, layOutLogPlot, pointLabels, type LogPlot, type PlottedPoint } from './log-plot.ts';
import { legend, pointMark, pointStyles, type PointStyle } from './point-styles.ts';
import { textExtent } from './text-extent.ts';

const units: Readonly<Record<string, number>> = { m: 1e6, b: 1e9 };

/**
 * The number of parameters that a name states: 500 million for `Qwen2.5-0.5B`, 135 million for
 * `smollm2-135m-instruct`.
 *
 * @returns undefined where the name states none, or a product such as `8x7B`
 */
export function parametersInName(model: string): number | undefined {
  const found = /(?:^|[-_ /])(\d+(?:\.\d+)?)([bm])(?=$|[-_. )])/iu.exec(model);
  const unit = units[found?.[2]?.toLowerCase() ?? ''];
  return found === null || unit === undefined ? undefined : Number(found[1]) * unit;
}

/** `0.5B`, `135M`. */
export function parametersText(parameters: number): string {
  if (parameters >= 1e9) return `${Number((parameters / 1e9).toPrecision(3))}B`;
  return `${Number((parameters / 1e6).toPrecision(3))}M`;
}

export interface SizedPoint {
  readonly model: string;
  readonly parameters: number;
  /** 0 to 1. */
  readonly accuracy: number;
  readonly bounds: Bounds | undefined;
}

export interface SizedSeries {
  /** Name of the task. */
  readonly task: string;
  readonly points: readonly SizedPoint[];
}

export interface AccuracyBySizeData {
  readonly title: string;
  readonly series: readonly SizedSeries[];
}

function isDrawable({ parameters, accuracy }: SizedPoint): boolean {
  return Number.isFinite(parameters) && parameters > 0 && Number.isFinite(accuracy);
}

/**
 * The most accurate model up to each size: where the line is flat, larger models gain nothing.
 *
 * @returns points by rising size, each better than all before
 */
export function bestUpToSize<Point extends Pick<SizedPoint, 'parameters' | 'accuracy'>>(
  points: readonly Point[],
): readonly Point[] {
  const best: Point[] = [];
  const sorted = points.toSorted((left, right) => left.parameters - right.parameters || right.accuracy - left.accuracy);
  for (const point of sorted) if (point.accuracy > (best.at(-1)?.accuracy ?? -1)) best.push(point);
  return best;
}

/**
 * Accuracy against the number of parameters (logarithmic), all tasks in one plot: a point per model, and for each task
 * a line through the best up to that size. The paper's Figure 1 in another form.
 */
export function accuracyBySize(data: AccuracyBySizeData, options: ChartOptions): Chart {
  const { theme = lightTheme } = options;
  const series = data.series
    .map(({ task, points }) => ({ task, points: points.filter(isDrawable) }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return emptyChart(data.title, 'no model has a known size and an accuracy', options);
  const styles = pointStyles(
    series.map(({ task }) => task),
    theme,
  );
  const key = legend([...styles.values()], { left: theme.fontSize, right: options.width - theme.fontSize }, theme);
  const labelRoom = endLabelRoom(series, theme, options.width);
  const plot = layOut(series, { top: key.height, right: labelRoom ?? theme.fontSize }, options, theme);
  const [only] = series.length === 1 ? series : [];
  return chartFrame(
    namesOf(data.title, series),
    { width: options.width, height: plot.area.bottom + bottomAxisHeight(theme) },
    options,
    key.node,
    ...plot.axes,
    ...series.map(({ task, points }) => bestLine(points, styles.get(task) as PointStyle, plot)),
    ...series.map(({ task, points }) => pointGroup(task, points, styles.get(task) as PointStyle, plot)),
    ...(only === undefined ? [] : modelLabels(only.points, plot)),
    ...(labelRoom === undefined ? [] : taskLabels(series, plot)),
  );
}

function namesOf(title: string, series: readonly SizedSeries[]): ChartNames {
  const parts = series.map(({ task, points }) => {
    const best = bestUpToSize(points);
    const [first, last] = [best[0], best.at(-1)] as [SizedPoint, SizedPoint];
    const smallest = `${first.accuracy.toFixed(2)} at ${parametersText(first.parameters)}`;
    return `${task}: ${smallest}, at most ${last.accuracy.toFixed(2)} (${last.model})`;
  });
  return { title, description: `Accuracy against model size. ${parts.join('; ')}.` };
}

/** Room for names of tasks at the right ends of their lines, where the chart is wide enough for them; else undefined. */
function endLabelRoom(series: readonly SizedSeries[], { fontSize }: ChartTheme, width: number): number | undefined {
  const longest = Math.max(...series.map(({ task }) => textExtent(task, fontSize * 0.9)));
  return series.length > 1 && width > fontSize * 36 && longest < width / 5 ? longest + fontSize * 0.8 : undefined;
}

function layOut(
  series: readonly SizedSeries[],
  { top, right }: { readonly top: number; readonly right: number },
  options: ChartOptions,
  theme: ChartTheme,
): LogPlot {
  const { width, height = width * 0.66 } = options;
  const points = series.flatMap(({ points: own }) => own);
  const lowest = Math.min(...points.map(({ accuracy, bounds }) => bounds?.low ?? accuracy));
  // Up from a round tenth below the lowest, so that pictures of similar data have the same axis.
  const yDomain = [Math.max(0, Math.floor(lowest * 10 - 0.3) / 10), 1] as const;
  const xDomain = logDomain(
    points.map(({ parameters }) => parameters),
    0.04,
  );
  return layOutLogPlot(
    {
      width,
      height,
      top,
      right,
      xDomain,
      yDomain,
      xTitle: 'Parameters',
      yTitle: 'Accuracy',
      xText: parametersText,
      xTickRoom: 3.6,
      upperRoom: 0.3,
    },
    theme,
  );
}

/** Corners of the line through the best up to each size, on to the largest model. */
function bestCorners(points: readonly SizedPoint[], { area, x, y }: LogPlot): readonly (readonly [number, number])[] {
  const best = bestUpToSize(points);
  const corners = best.flatMap(({ parameters, accuracy }, index): (readonly [number, number])[] => {
    const before = best[index - 1];
    const corner = [x(parameters), y(accuracy)] as const;
    return before === undefined ? [corner] : [[x(parameters), y(before.accuracy)], corner];
  });
  const largest = Math.max(...points.map(({ parameters }) => parameters));
  return [...corners, [Math.min(area.right, x(largest)), y(best.at(-1)?.accuracy ?? 0)]];
}

function bestLine(points: readonly SizedPoint[], { color }: PointStyle, plot: LogPlot): VNode {
  const { theme } = plot;
  return svgElement('path', {
    d: polyline(bestCorners(points, plot)),
    fill: 'none',
    stroke: color,
    'stroke-width': theme.fontSize / 8,
    'stroke-opacity': 0.75,
  });
}

function plotted({ model, parameters, accuracy, bounds }: SizedPoint): PlottedPoint {
  return { model, x: parameters, y: accuracy, xBounds: undefined, yBounds: bounds };
}

function pointGroup(task: string, points: readonly SizedPoint[], style: PointStyle, plot: LogPlot): VNode {
  const { theme } = plot;
  const bars = points.map((point) => boundBars(plotted(point), plot)).join('');
  return svgElement(
    'g',
    { fill: style.color, stroke: theme.background, 'stroke-width': theme.fontSize / 16 },
    bars === '' ? null : svgElement('path', { d: bars, stroke: style.color, 'stroke-width': theme.fontSize / 12 }),
    ...points.map(({ model, parameters, accuracy }) =>
      pointMark(
        style,
        { x: plot.x(parameters), y: plot.y(accuracy), diameter: theme.fontSize * 0.62 },
        {},
        svgElement('title', {}, `${model}, ${task}: ${accuracy.toFixed(3)}`),
      ),
    ),
  );
}

/** Names of the tasks beside the right ends of their lines, moved apart where lines end close together. */
function taskLabels(series: readonly SizedSeries[], { area, y, theme }: LogPlot): VNode[] {
  const fontSize = theme.fontSize * 0.9;
  const ends = series
    .map(({ task, points }) => ({ task, at: y(bestUpToSize(points).at(-1)?.accuracy ?? 0) }))
    .toSorted((left, right) => left.at - right.at);
  let previous = Number.NEGATIVE_INFINITY;
  return ends.map(({ task, at }) => {
    previous = Math.max(at, previous + fontSize * 1.15);
    return plainLabel(task, { x: area.right + fontSize * 0.4, y: previous + fontSize * 0.35, 'font-size': fontSize });
  });
}

/** Names of the models, where one task alone leaves room for them. */
function modelLabels(points: readonly SizedPoint[], plot: LogPlot): VNode[] {
  const best = new Set(bestUpToSize(points).map(({ model }) => model));
  return pointLabels(points.map(plotted), plot, {
    isFirst: ({ model }) => best.has(model),
    color: () => plot.theme.ink,
    radius: plot.theme.fontSize * 0.35,
    clearance: plot.theme.fontSize * 0.35,
    corners: bestCorners(points, plot),
  });
}
