import type { VNode } from 'preact';
import { knownMeasurement } from '../../core/measurement.ts';
import type { Sweep, SweepCell, SweepMetric } from '../../core/sweep.ts';
import { promptTest } from '../../core/sweep.ts';
import { bottomAxisHeight, logDomain, tickOverhang, tickText } from './axes.ts';
import {
  chartFrame,
  emptyChart,
  lightTheme,
  plainLabel,
  polyline,
  svgElement,
  type Chart,
  type ChartNames,
  type ChartOptions,
  type ChartTheme,
} from './chart-frame.ts';
import type { Box } from './labels.ts';
import { boundBars, layOutLogPlot, lowestPlot, type LogPlot, type PlottedPoint } from './log-plot.ts';
import { legend, pointMark, pointStyles, styleEntry, type PointStyle } from './point-styles.ts';

/** What a model with prompts of one length does as the load grows. */
export interface LoadLine {
  readonly name: string;
  /** By concurrency. */
  readonly points: readonly PlottedPoint[];
}

interface Panel {
  readonly title: string;
  readonly isLogarithmic: boolean;
  readonly lines: readonly LoadLine[];
}

export interface LoadLinesData {
  readonly title: string;
  readonly panels: readonly Panel[];
}

function pointsOf(name: string, cells: readonly SweepCell[], metric: SweepMetric): LoadLine {
  const points = cells.flatMap((cell): readonly PlottedPoint[] => {
    const found = knownMeasurement(cell.measurements[metric]);
    if (found === undefined) return [];
    return [{ model: name, x: cell.concurrency, y: found.value, xBounds: undefined, yBounds: found.interval }];
  });
  return { name, points: points.toSorted((left, right) => left.x - right.x) };
}

/** Tokens of answers per second, and the time to first token, against the load: a line for each length of prompts. */
export function loadLinesData({ models, cells }: Sweep): LoadLinesData {
  const names = models.map(({ name }) => name);
  const groups = Map.groupBy(cells, (cell) =>
    names.length === 1 ? promptTest(cell) : `${cell.model} ${promptTest(cell)}`,
  );
  const panel = (title: string, metric: SweepMetric, isLogarithmic: boolean): Panel => ({
    title,
    isLogarithmic,
    lines: Array.from(groups, ([name, own]) => pointsOf(name, own, metric)).filter(({ points }) => points.length > 0),
  });
  return {
    title: names.length === 1 ? `${names[0]} under load` : 'Models under load',
    panels: [
      panel('output tokens/s, total', 'outputTokensPerSecond', false),
      panel('time to first token p50, ms', 'ttftP50', true),
    ].filter(({ lines }) => lines.length > 0),
  };
}

/** A panel for each quantity against concurrency (logarithmic), side by side where there is room. */
export function loadLines({ title, panels }: LoadLinesData, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  if (panels.length === 0) return emptyChart(title, 'no load was measured', options);
  const { fontSize } = theme;
  const styles = pointStyles(
    panels.flatMap(({ lines }) => lines.map(({ name }) => name)),
    theme,
  );
  const entries = Array.from(styles.values(), (style) => styleEntry(style, theme));
  const key = legend(entries, { left: fontSize, right: width - fontSize }, theme);
  const boxes = panelBoxes(panels.length, key.height, width, theme);
  const plots = panels.map((panel, index) => drawPanel(panel, boxes[index] as Box, styles, theme));
  const bottom = Math.max(...plots.map(({ plot }) => plot.area.bottom)) + bottomAxisHeight(theme);
  const nodes = plots.map(({ node }) => node);
  return chartFrame(namesOf(title, panels), { width, height: bottom }, options, key.node, ...nodes);
}

function panelBoxes(count: number, top: number, width: number, { fontSize }: ChartTheme): readonly Box[] {
  const columns = width >= count * fontSize * 17 ? count : 1;
  const panelWidth = width / columns;
  const height = Math.max(lowestPlot * fontSize, Math.min(panelWidth * 0.62, fontSize * 20));
  return Array.from({ length: count }, (_, index) => {
    const [across, down] = [index % columns, Math.floor(index / columns)];
    const from = top + fontSize * 1.6 + down * (height + fontSize * 2.2);
    return {
      left: across * panelWidth,
      right: (across + 1) * panelWidth - fontSize * tickOverhang,
      top: from,
      bottom: from + height,
    };
  });
}

/** From 0, or on a logarithmic axis with some room around the values. */
function valueDomain({ lines, isLogarithmic }: Panel): readonly [number, number] {
  const values = lines.flatMap(({ points }) => points.map(({ y }) => y));
  return isLogarithmic ? logDomain(values) : [0, Math.max(...values) * 1.05];
}

function drawPanel(
  panel: Panel,
  box: Box,
  styles: ReadonlyMap<string, PointStyle>,
  theme: ChartTheme,
): { readonly node: VNode; readonly plot: LogPlot } {
  const { fontSize } = theme;
  const loads = panel.lines.flatMap(({ points }) => points.map(({ x }) => x));
  const plot = layOutLogPlot(
    {
      box,
      xDomain: logDomain(loads),
      xTicks: [...new Set(loads)].toSorted((left, right) => left - right),
      yDomain: valueDomain(panel),
      xTitle: 'concurrent requests',
      yTitle: '',
      xText: tickText,
      xTickRoom: 3,
      upperRoom: 0.3,
      yAxis: { isLogarithmic: panel.isLogarithmic, texts: (ticks) => ticks.map(tickText) },
    },
    theme,
  );
  const heading = plainLabel(panel.title, { x: box.left + fontSize * 0.6, y: box.top - fontSize * 0.4 });
  const lines = panel.lines.map((line) => drawLine(line, styles.get(line.name) as PointStyle, panel, plot));
  return { node: svgElement('g', {}, heading, ...plot.axes, ...lines), plot };
}

function drawLine({ name, points }: LoadLine, style: PointStyle, { title }: Panel, plot: LogPlot): VNode {
  const { theme } = plot;
  const [lowest, highest] = plot.yDomain;
  const at = (point: PlottedPoint): readonly [number, number] => [plot.x(point.x), plot.y(point.y)];
  const marks = points.map((point) => {
    const [x, y] = at(point);
    const { yBounds } = point;
    const inside = yBounds && { low: Math.max(lowest, yBounds.low), high: Math.min(highest, yBounds.high) };
    return svgElement(
      'g',
      {},
      boundBars({ ...point, yBounds: inside }, plot, { stroke: style.color, 'stroke-width': theme.fontSize / 12 }),
      pointMark(
        style,
        { x, y, diameter: theme.fontSize * 0.65 },
        { fill: style.color },
        svgElement('title', {}, `${name}, ${point.x} at once: ${title} ${point.y.toPrecision(3)}`),
      ),
    );
  });
  const path = svgElement('path', {
    d: polyline(points.map(at)),
    fill: 'none',
    stroke: style.color,
    'stroke-width': theme.fontSize / 8,
  });
  return svgElement('g', {}, path, ...marks);
}

function namesOf(title: string, panels: readonly Panel[]): ChartNames {
  const parts = panels.map(({ title: what, lines }) => {
    const ends = lines.map(({ name, points }) => {
      const [first, last] = [points[0], points.at(-1)] as [PlottedPoint, PlottedPoint];
      return `${name} from ${first.y.toPrecision(3)} at ${first.x} to ${last.y.toPrecision(3)} at ${last.x}`;
    });
    return `${what}: ${ends.join(', ')}`;
  });
  return { title, description: `By concurrent requests. ${parts.join('; ')}.` };
}
