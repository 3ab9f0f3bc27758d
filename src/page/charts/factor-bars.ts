import { scaleLinear, scaleLog } from 'd3-scale';
import type { VNode } from 'preact';
import { linearTicks, logDomain, logTicks, tickText } from './axes.ts';
import {
  chartFrame,
  emptyChart,
  lightTheme,
  plainLabel,
  svgElement,
  type Bounds,
  type Chart,
  type ChartOptions,
  type ChartTheme,
} from './chart-frame.ts';
import { bar, intervalLine, rowNames, rowsAxis, rowsLayout, rowValues, type RowsLayout } from './row-charts.ts';
import { fitText, textExtent } from './text-extent.ts';

export interface FactorValue {
  readonly value: number;
  readonly bounds: Bounds | undefined;
}

export interface FactorColumn {
  /** `Throughput`. */
  readonly title: string;
  /** `items/s`; empty for ratios. */
  readonly unit: string;
  readonly isLessBetter: boolean;
  /** One per model, undefined where it wasn't measured. */
  readonly values: readonly (FactorValue | undefined)[];
  /** How a value is written beside its bar. */
  readonly text: (value: number) => string;
}

export interface FactorBarData {
  readonly title: string;
  readonly models: readonly string[];
  readonly factors: readonly FactorColumn[];
}

/**
 * From this ratio on, bars of the smaller values would be invisible: dots on a logarithmic axis take their place. Not of
 * ratios: half as accurate is half as long.
 */
const logarithmicFrom = 30;

function isKnown(value: FactorValue | undefined): value is FactorValue {
  return value !== undefined && Number.isFinite(value.value);
}

/** The factors beside each other (or below each other where it is narrow), one row per model. */
export function factorBars(data: FactorBarData, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  const { title, models, factors } = data;
  const shown = factors.filter(({ values }) => values.some(isKnown));
  if (shown.length === 0 || models.length === 0) return emptyChart(title, 'nothing was measured', options);
  const { fontSize } = theme;
  const longest = Math.max(...models.map((model) => textExtent(model, fontSize)));
  const nameRoom = Math.min(width * 0.35, longest) + fontSize;
  const least = fontSize * 11;
  const perLine = Math.max(1, Math.min(shown.length, Math.floor((width - nameRoom) / least)));
  // Two lines of two are better to read than three and one.
  const columns = Math.ceil(shown.length / Math.ceil(shown.length / perLine));
  const panelWidth = (width - nameRoom) / columns;
  let top = fontSize * 0.4;
  const nodes: VNode[] = [];
  for (let first = 0; first < shown.length; first += columns) {
    let next = top;
    for (const [index, factor] of shown.slice(first, first + columns).entries()) {
      const left = nameRoom + index * panelWidth;
      const drawn = panel(
        factor,
        models,
        { left, right: left + panelWidth, top, nameRoom, hasNames: index === 0 },
        theme,
      );
      nodes.push(drawn.node);
      next = Math.max(next, drawn.layout.height);
    }
    top = next + fontSize * 0.6;
  }
  return chartFrame({ title, description: describe(data, shown) }, { width, height: top }, options, ...nodes);
}

function describe({ models }: FactorBarData, factors: readonly FactorColumn[]): string {
  const parts = factors.map(({ title, unit, values, text }) => {
    const all = models.flatMap((model, row) => {
      const value = values[row];
      return isKnown(value) ? [`${model} ${text(value.value)}`] : [];
    });
    return `${title}${unit === '' ? '' : `, ${unit}`}: ${all.join(', ')}`;
  });
  return `${parts.join('. ')}.`;
}

interface PanelPlace {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Width of the column of names left of the panels. */
  readonly nameRoom: number;
  /** The first of a line draws the names. */
  readonly hasNames: boolean;
}

function panel(
  factor: FactorColumn,
  models: readonly string[],
  place: PanelPlace,
  theme: ChartTheme,
): { readonly node: VNode; readonly layout: RowsLayout } {
  const { fontSize } = theme;
  const texts = factor.values.map((value) => (isKnown(value) ? factor.text(value.value) : 'n/a'));
  const layout = rowsLayout({
    names: models,
    values: texts,
    left: place.left,
    right: place.right,
    top: place.top + fontSize * 1.5,
    namesBeside: place.nameRoom - fontSize * 0.9,
    theme,
  });
  const { area } = layout;
  const { x, ticks, isLogarithmic } = scaleOf(factor, area.left, area.right, fontSize);
  const color = theme.palette[0] ?? theme.ink;
  const room = place.right - area.left - fontSize * 0.3;
  const whole = `${factor.title} (${factor.isLessBetter ? 'lower' : 'higher'} is better)`;
  const heading = textExtent(whole, fontSize * 0.95) <= room ? whole : factor.title;
  const node = svgElement(
    'g',
    {},
    plainLabel(fitText(heading, room, fontSize * 0.95), {
      x: area.left,
      y: place.top + fontSize,
      'font-size': fontSize * 0.95,
    }),
    rowsAxis(
      ticks.map((tick) => ({ at: x(tick), text: tickText(tick) })),
      factor.unit,
      layout,
    ),
    place.hasNames ? rowNames(layout) : null,
    rowValues(texts, layout),
    ...factor.values.map((value, row) => {
      if (!isKnown(value)) return null;
      const at = { score: value.value, bounds: value.bounds };
      return isLogarithmic ? dot(at, row, x, layout, color) : bar(at, row, x, layout, color);
    }),
  );
  return { node, layout };
}

interface PanelScale {
  readonly x: (value: number) => number;
  readonly ticks: readonly number[];
  readonly isLogarithmic: boolean;
}

function scaleOf({ values, unit }: FactorColumn, left: number, right: number, fontSize: number): PanelScale {
  const known = values
    .filter(isKnown)
    .flatMap(({ value, bounds }) => [value, bounds?.low ?? value, bounds?.high ?? value]);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const most = Math.max(2, Math.floor((right - left) / fontSize / 3));
  if (unit !== '' && lowest > 0 && highest / lowest >= logarithmicFrom) {
    const domain = logDomain(known, 0.06);
    return { x: scaleLog(domain, [left, right]), ticks: logTicks(...domain, most), isLogarithmic: true };
  }
  const end = highest > 0 ? highest * 1.03 : 1;
  return { x: scaleLinear([0, end], [left, right]), ticks: linearTicks(0, end, most), isLogarithmic: false };
}

function dot(
  { score, bounds }: { readonly score: number; readonly bounds: Bounds | undefined },
  row: number,
  x: (value: number) => number,
  { middle, theme }: RowsLayout,
  color: string,
): VNode {
  const y = middle(row);
  return svgElement(
    'g',
    {},
    bounds === undefined || bounds.low <= 0 ? null : intervalLine(x(bounds.low), x(bounds.high), y, theme.ink, theme),
    svgElement('circle', { cx: x(score), cy: y, r: theme.fontSize * 0.32, fill: color }),
  );
}
