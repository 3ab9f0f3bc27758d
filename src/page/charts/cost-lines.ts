import type { VNode } from 'preact';
import { countText, humanNumber } from '../../core/amount-text.ts';
import { knownMeasurement } from '../../core/measurement.ts';
import { dailyAnswers, type Estimate, loadCost, type OwnCost, type TaskCosts } from '../../scoring/cost.ts';
import { logDomain, tickOverhang, tickText } from './axes.ts';
import {
  type Chart,
  chartFrame,
  type ChartOptions,
  dashes,
  emptyChart,
  lightTheme,
  polyline,
  svgElement,
} from './chart-frame.ts';
import { layOutLogPlot, lowestPlot, type LogPlot } from './log-plot.ts';
import { legend, lineEntry, pointStyles } from './point-styles.ts';

/** The price of 1,000 answers at a load, with the ends of its interval. */
interface PricePoint extends Estimate {
  readonly load: number;
}

interface CostLine {
  readonly name: string;
  readonly isApi: boolean;
  /** By load. */
  readonly points: readonly PricePoint[];
}

export interface CostLinesData {
  readonly title: string;
  readonly currency: string | undefined;
  /** That the costs were asked for; undefined where nobody said. */
  readonly answersPerDay: number | undefined;
  readonly lines: readonly CostLine[];
}

/** Answers of a day that one copy gives. */
function capacityOf({ rate, devices }: OwnCost, { plan }: TaskCosts): number | undefined {
  const known = knownMeasurement(rate);
  return known && dailyAnswers(known.value, devices, plan);
}

/** From a tenth of the lowest load that decides something to five times the highest. */
function loadRange(costs: TaskCosts): readonly [low: number, high: number] | undefined {
  const breakEvens = costs.breakEvens.flatMap(({ load }) => (load.value === 'never' ? [] : [load.value]));
  const capacities = costs.own.flatMap((own) => capacityOf(own, costs) ?? []);
  const { answersPerDay } = costs.plan;
  const loads = [...capacities, ...breakEvens, ...(answersPerDay === undefined ? [] : [answersPerDay])];
  return loads.length === 0 ? undefined : [Math.min(...loads) / 10, Math.max(...loads) * 5];
}

const pointsPerLine = 120;
/** Steps beyond are too small to be seen. */
const shownSteps = 40;

/** Along the range, and on either side of each step: a load that one copy more has to be paid for. */
function loadsOf(own: OwnCost, costs: TaskCosts, [low, high]: readonly [number, number]): readonly number[] {
  const capacity = capacityOf(own, costs) ?? high;
  const even = Array.from({ length: pointsPerLine + 1 }, (_, at) => low * (high / low) ** (at / pointsPerLine));
  const steps = Array.from({ length: shownSteps }, (_, at) => (at + 1) * capacity).flatMap((load) => [
    load,
    load * (1 + 1e-6),
  ]);
  return [...even, ...steps.filter((load) => load > low && load < high)].toSorted((left, right) => left - right);
}

/** What 1,000 answers cost against the load: falling for one's own models, level for APIs. */
export function costLinesData(costs: TaskCosts): CostLinesData {
  const range = loadRange(costs);
  const own = costs.own.map((each): CostLine => {
    const points = loadsOf(each, costs, range ?? [1, 10]).flatMap((load): readonly PricePoint[] => {
      const cost = loadCost(each, costs.plan, load);
      return cost === undefined ? [] : [{ load, ...cost.price }];
    });
    return { name: each.model, isApi: false, points };
  });
  const apis = costs.apis.map(({ model, price }): CostLine => {
    const known = knownMeasurement(price);
    // A logarithmic axis has no 0.
    if (known === undefined || known.value <= 0) return { name: model, isApi: true, points: [] };
    const points = (range ?? []).map((load) => ({ load, value: known.value, interval: known.interval }));
    return { name: model, isApi: true, points };
  });
  return {
    title: `Price over load on ${costs.title ?? costs.taskId}`,
    currency: costs.currency,
    answersPerDay: costs.plan.answersPerDay,
    lines: [...own, ...apis].filter(({ points }) => points.length > 0),
  };
}

/** Price against load, both logarithmic: lines with their intervals as bands, those of APIs dashed. */
export function costLines(data: CostLinesData, options: ChartOptions): Chart {
  const { title, lines, currency } = data;
  const { theme = lightTheme, width } = options;
  if (lines.length === 0) return emptyChart(title, 'no model has a price', options);
  const { fontSize } = theme;
  const styles = pointStyles(
    lines.map(({ name }) => name),
    theme,
  );
  const strokeOf = ({ name, isApi }: CostLine): Readonly<Record<string, string | number>> => ({
    stroke: styles.get(name)?.color ?? theme.ink,
    'stroke-width': fontSize / 8,
    ...(isApi && { 'stroke-dasharray': dashes(theme) }),
  });
  const entries = lines.map((line) => lineEntry(line.isApi ? `${line.name} (API)` : line.name, strokeOf(line), theme));
  const key = legend(entries, { left: fontSize, right: width - fontSize }, theme);
  const bottom = key.height + Math.max(lowestPlot * fontSize, Math.min(width * 0.6, fontSize * 24));
  const loads = lines.flatMap(({ points }) => points.map(({ load }) => load));
  const plot = layOutLogPlot(
    {
      box: { left: 0, right: width - fontSize * tickOverhang, top: key.height, bottom },
      xDomain: [Math.min(...loads), Math.max(...loads)],
      yDomain: logDomain(lines.flatMap(({ points }) => points.map(({ value }) => value))),
      xTitle: 'answers per day',
      yTitle: `price of 1,000 answers${currency === undefined ? '' : `, ${currency}`}`,
      xText: (load) => load.toLocaleString('en-US', { notation: 'compact' }),
      xTickRoom: 5,
      upperRoom: 0.5,
      yAxis: { isLogarithmic: true, texts: (ticks) => ticks.map(tickText) },
    },
    theme,
  );
  const drawn = lines.map((line) => drawLine(line, strokeOf(line), plot));
  const names = { title, description: description(data) };
  return chartFrame(names, { width, height: bottom }, options, key.node, ...plot.axes, loadMark(data, plot), ...drawn);
}

function drawLine({ points }: CostLine, stroke: Readonly<Record<string, string | number>>, plot: LogPlot): VNode {
  const [least, most] = plot.yDomain;
  const at = (load: number, price: number): readonly [number, number] => [
    plot.x(load),
    plot.y(Math.min(most, Math.max(least, price))),
  ];
  const bounded = points.flatMap(({ load, interval }) => (interval === undefined ? [] : [{ load, ...interval }]));
  const edge = [
    ...bounded.map(({ load, high }) => at(load, high)),
    ...bounded.toReversed().map(({ load, low }) => at(load, low)),
  ];
  const band = svgElement('path', { d: polyline(edge), fill: stroke['stroke'], 'fill-opacity': 0.15 });
  const line = svgElement('path', {
    d: polyline(points.map(({ load, value }) => at(load, value))),
    fill: 'none',
    ...stroke,
  });
  return svgElement('g', {}, ...(bounded.length === 0 ? [] : [band]), line);
}

/** The load that was asked for, as an upright line. */
function loadMark({ answersPerDay }: CostLinesData, { area, theme, x }: LogPlot): VNode | null {
  if (answersPerDay === undefined) return null;
  return svgElement('path', {
    d: polyline([
      [x(answersPerDay), area.top],
      [x(answersPerDay), area.bottom],
    ]),
    stroke: theme.muted,
    'stroke-dasharray': dashes(theme),
    fill: 'none',
  });
}

function description({ lines, currency }: CostLinesData): string {
  const parts = lines.map(({ name, points }) => {
    const [first, last] = [points[0], points.at(-1)] as [PricePoint, PricePoint];
    return `${name} from ${humanNumber(first.value)} at ${countText(Math.round(first.load))} to ${humanNumber(last.value)} at ${countText(Math.round(last.load))}`;
  });
  return `Price of 1,000 answers${currency === undefined ? '' : ` in ${currency}`}, by answers per day. ${parts.join('; ')}.`;
}
