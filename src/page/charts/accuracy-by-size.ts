import type { VNode } from 'preact';
import { bottomAxisHeight, logDomain, tickOverhang } from './axes.ts';
import {
  chartFrame,
  emptyChart,
  lightTheme,
  lineStep,
  polyline,
  stackedLabels,
  svgElement,
  type Bounds,
  type Chart,
  type ChartNames,
  type ChartOptions,
  type ChartTheme,
  type SvgAttributes,
} from './chart-frame.ts';
import type { Box } from './labels.ts';
import { boundBars, layOutLogPlot, lowestPlot, type LogPlot } from './log-plot.ts';
import { legend, lineEntry, pointMark, pointStyles, styleEntry, type PointStyle } from './point-styles.ts';
import { wrapText } from './text-extent.ts';

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
 * Accuracy against the number of parameters (logarithmic), a panel per task with the same axes: a point per model, and
 * a line through the best up to each size. The paper's Figure 1 in another form.
 */
export function accuracyBySize(data: AccuracyBySizeData, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  const series = data.series
    .map(({ task, points }) => ({ task, points: points.filter(isDrawable) }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return emptyChart(data.title, 'no model has a known size and an accuracy', options);
  const { fontSize } = theme;
  const styles = pointStyles(modelsBySize(series), theme);
  const key = legend(
    [
      ...Array.from(styles.values(), (style) => styleEntry(style, theme)),
      lineEntry('best up to each size', bestStroke(theme), theme),
    ],
    { left: fontSize, right: width - fontSize },
    theme,
  );
  const places = panelPlaces(series, key.height, options, theme);
  const domains = domainsOf(series);
  const panels = series.map(({ task, points }, index) =>
    panel({ task, points }, places[index] as PanelPlace, domains, styles, theme),
  );
  const height = Math.max(...panels.map(({ plot }) => plot.area.bottom)) + bottomAxisHeight(theme);
  return chartFrame(
    namesOf(data.title, series),
    { width, height },
    options,
    key.node,
    ...panels.map(({ node }) => node),
  );
}

/** Every model once, the smallest first: the order in which they stand in each panel. */
function modelsBySize(series: readonly SizedSeries[]): readonly string[] {
  const points = series.flatMap(({ points: own }) => own);
  const sorted = points.toSorted(
    (left, right) => left.parameters - right.parameters || left.model.localeCompare(right.model),
  );
  return [...new Set(sorted.map(({ model }) => model))];
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

interface PanelPlace {
  readonly box: Box;
  /** Name of the task, in lines. */
  readonly heading: readonly string[];
  /** Stands at the left end of its line, and names the axis of accuracy for all of it. */
  readonly isFirst: boolean;
}

/** Panels beside each other as far as they stay readable, in lines of equal numbers. */
function panelPlaces(
  series: readonly SizedSeries[],
  top: number,
  { width }: ChartOptions,
  { fontSize }: ChartTheme,
): readonly PanelPlace[] {
  const most = Math.max(1, Math.min(series.length, Math.floor(width / (fontSize * 14.5))));
  const columns = Math.ceil(series.length / Math.ceil(series.length / most));
  const panelWidth = width / columns;
  const plotHeight = Math.max(lowestPlot * fontSize, Math.min(panelWidth * 0.58, fontSize * 20));
  const headings = series.map(({ task }) => wrapText(task, panelWidth - fontSize * 2, fontSize));
  const longest = Math.max(...headings.map((lines) => lines.length));
  const headHeight = fontSize * (lineStep * longest + 0.4);
  return headings.map((heading, index) => {
    const [column, line] = [index % columns, Math.floor(index / columns)];
    const from = top + line * (headHeight + plotHeight) + headHeight;
    return {
      box: {
        left: column * panelWidth,
        right: (column + 1) * panelWidth - fontSize * tickOverhang,
        top: from,
        bottom: from + plotHeight,
      },
      heading,
      isFirst: column === 0,
    };
  });
}

interface Domains {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The same in each panel, so that panels can be compared. */
function domainsOf(series: readonly SizedSeries[]): Domains {
  const points = series.flatMap(({ points: own }) => own);
  const lowest = Math.min(...points.map(({ accuracy, bounds }) => bounds?.low ?? accuracy));
  return {
    x: logDomain(points.map(({ parameters }) => parameters)),
    // Up from a round tenth below the lowest, so that pictures of similar data have the same axis.
    y: [Math.max(0, Math.floor(lowest * 10 - 0.3) / 10), 1],
  };
}

function panel(
  { task, points }: SizedSeries,
  { box, heading, isFirst }: PanelPlace,
  domains: Domains,
  styles: ReadonlyMap<string, PointStyle>,
  theme: ChartTheme,
): { readonly node: VNode; readonly plot: LogPlot } {
  const { fontSize } = theme;
  const plot = layOutLogPlot(
    {
      box,
      xDomain: domains.x,
      yDomain: domains.y,
      xTitle: 'Parameters',
      yTitle: isFirst ? 'Accuracy' : '',
      xText: parametersText,
      xTickRoom: 3.6,
      upperRoom: 0.3,
    },
    theme,
  );
  const shifts = sideBySide(points, plot);
  const headingTop = box.top - fontSize * (lineStep * (heading.length - 1) + 0.2);
  const node = svgElement(
    'g',
    {},
    ...stackedLabels(heading, { x: plot.area.left, y: headingTop }, fontSize * lineStep),
    ...plot.axes,
    bestLine(points, plot),
    ...points.map((point, index) =>
      sizedMark(task, point, shifts[index] ?? 0, styles.get(point.model) as PointStyle, plot),
    ),
  );
  return { node, plot };
}

/** How far each point moves aside so that models of about one size and accuracy don't hide each other. */
function sideBySide(points: readonly SizedPoint[], { x, y, theme }: LogPlot): readonly number[] {
  const step = theme.fontSize * 0.8;
  return points.map((point, index) => {
    const isBeside = (other: SizedPoint): boolean =>
      Math.abs(x(other.parameters) - x(point.parameters)) < step / 2 &&
      (Math.abs(y(other.accuracy) - y(point.accuracy)) < step || other.bounds !== undefined);
    const group = points.flatMap((other, at) => (isBeside(other) ? [at] : []));
    return (group.indexOf(index) - (group.length - 1) / 2) * step;
  });
}

/** A line through the best up to each size, on to the largest model. */
function bestLine(points: readonly SizedPoint[], { area, x, y, theme }: LogPlot): VNode {
  const best = bestUpToSize(points);
  const corners = best.flatMap(({ parameters, accuracy }, index): (readonly [number, number])[] => {
    const before = best[index - 1];
    const corner = [x(parameters), y(accuracy)] as const;
    return before === undefined ? [corner] : [[x(parameters), y(before.accuracy)], corner];
  });
  const largest = Math.max(...points.map(({ parameters }) => parameters));
  const end = [Math.min(area.right, x(largest)), y(best.at(-1)?.accuracy ?? 0)] as const;
  return svgElement('path', { d: polyline([...corners, end]), fill: 'none', ...bestStroke(theme) });
}

function bestStroke({ fontSize, muted }: ChartTheme): SvgAttributes {
  return { stroke: muted, 'stroke-width': fontSize / 9, 'stroke-opacity': 0.75 };
}

function sizedMark(task: string, point: SizedPoint, shift: number, style: PointStyle, plot: LogPlot): VNode {
  const { model, parameters, accuracy, bounds } = point;
  const { theme } = plot;
  const placed = { model, x: parameters, y: accuracy, xBounds: undefined, yBounds: bounds };
  return svgElement(
    'g',
    {
      fill: style.color,
      stroke: theme.background,
      'stroke-width': theme.fontSize / 16,
      transform: shift === 0 ? undefined : `translate(${shift.toFixed(2)},0)`,
    },
    boundBars(placed, plot, { stroke: style.color, 'stroke-width': theme.fontSize / 12 }),
    pointMark(
      style,
      { x: plot.x(parameters), y: plot.y(accuracy), diameter: theme.fontSize * 0.7 },
      {},
      svgElement('title', {}, `${model}, ${task}: ${accuracy.toFixed(3)}`),
    ),
  );
}
