import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { plainLabel, svgElement, type ChartTheme } from './chart-frame.ts';
import { fitText, textExtent } from './text-extent.ts';

/** Where data is drawn, in the chart's units. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface AxisContent {
  readonly ticks: readonly Tick[];
  readonly title: string;
}

/** Room right of a plot for the half of its last tick's text that stands out, in font sizes: `100B` is the widest. */
export const tickOverhang = 1.5;

/** Vertical room below a plot for tick texts and a title. */
export function bottomAxisHeight({ fontSize }: ChartTheme): number {
  return fontSize * 3;
}

/** Horizontal room left of a plot for tick texts and a title. */
export function leftAxisWidth(tickTexts: readonly string[], { fontSize }: ChartTheme): number {
  return Math.max(0, ...tickTexts.map((text) => textExtent(text, fontSize * 0.9))) + fontSize * 2.1;
}

/** Grid lines, tick texts and title below a plot. */
export function bottomAxis({ ticks: wanted, title }: AxisContent, area: PlotArea, theme: ChartTheme): VNode {
  const ticks = spacedTicks(wanted, theme.fontSize * 0.9);
  const { fontSize, grid, muted } = theme;
  const center = (area.left + area.right) / 2;
  const room = 2 * Math.min(center, area.right + area.left - center);
  return svgElement(
    'g',
    { 'font-size': fontSize * 0.9, fill: muted, 'text-anchor': 'middle' },
    svgElement('path', {
      d: ticks.map(({ at }) => `M${at.toFixed(2)},${area.top.toFixed(2)}V${area.bottom.toFixed(2)}`).join(''),
      stroke: grid,
      'stroke-width': fontSize / 14,
    }),
    ...ticks.map(({ at, text }) => plainLabel(text, { x: at, y: area.bottom + fontSize * 1.2 })),
    plainLabel(fitText(title, room, fontSize), {
      x: center,
      y: area.bottom + fontSize * 2.6,
      fill: theme.ink,
      'font-size': fontSize,
    }),
  );
}

/** Grid lines, tick texts and turned title left of a plot. */
export function leftAxis({ ticks, title }: AxisContent, area: PlotArea, theme: ChartTheme): VNode {
  const { fontSize, grid, muted } = theme;
  const center = (area.top + area.bottom) / 2;
  const width = leftAxisWidth(
    ticks.map(({ text }) => text),
    theme,
  );
  return svgElement(
    'g',
    { 'font-size': fontSize * 0.9, fill: muted, 'text-anchor': 'end' },
    svgElement('path', {
      d: ticks.map(({ at }) => `M${area.left.toFixed(2)},${at.toFixed(2)}H${area.right.toFixed(2)}`).join(''),
      stroke: grid,
      'stroke-width': fontSize / 14,
    }),
    ...ticks.map(({ at, text }) => plainLabel(text, { x: area.left - fontSize * 0.4, y: at + fontSize * 0.32 })),
    title === ''
      ? null
      : plainLabel(fitText(title, area.bottom - area.top + fontSize * 2, fontSize), {
          'text-anchor': 'middle',
          fill: theme.ink,
          'font-size': fontSize,
          transform: `translate(${(area.left - width + fontSize * 1.1).toFixed(2)},${center.toFixed(2)})rotate(-90)`,
        }),
  );
}

/** The two lines at which a plot ends. */
export function axisLines(area: PlotArea, { fontSize, muted }: ChartTheme): VNode {
  const { left, right, top, bottom } = area;
  return svgElement('path', {
    d: `M${left.toFixed(2)},${top.toFixed(2)}V${bottom.toFixed(2)}H${right.toFixed(2)}`,
    fill: 'none',
    stroke: muted,
    'stroke-width': fontSize / 12,
  });
}

/** First digits of ticks within a decade, the finest first. */
const steps = [[1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]] as const;

/** Round values on a linear axis. */
export function linearTicks(low: number, high: number, most: number): readonly number[] {
  return scaleLinear([low, high], [0, 1]).ticks(Math.max(1, most));
}

/** Values that people find round on a logarithmic axis, no more than fit. */
export function logTicks(low: number, high: number, most: number): readonly number[] {
  for (const step of steps) {
    const ticks = decades(low, high).flatMap((decade) => step.map((digit) => digit * decade));
    const inside = ticks.map((tick) => Number(tick.toPrecision(6))).filter((tick) => tick >= low && tick <= high);
    if (inside.length >= 2 && inside.length <= most) return inside;
    if (inside.length < 2) break;
  }
  const powers = decades(low, high).filter((decade) => decade >= low && decade <= high);
  if (powers.length <= 2) return linearTicks(low, high, most).filter((tick) => tick > 0);
  const stride = Math.ceil(powers.length / Math.max(1, most));
  return powers.filter((_, index) => index % stride === 0);
}

function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(`1e${first + index}`));
}

/** Ticks whose texts have room beside each other, the first ones kept. */
export function spacedTicks(ticks: readonly Tick[], fontSize: number): readonly Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1);
    const width = (textExtent(tick.text, fontSize) + textExtent(before?.text ?? '', fontSize)) / 2;
    if (before === undefined || tick.at - before.at >= width + fontSize * 0.6) kept.push(tick);
  }
  return kept;
}

/** A number beside an axis: no needless digits, thousands as k. */
export function tickText(value: number): string {
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(4))}k`;
  return String(Number(value.toPrecision(6)));
}

/** Shares beside an axis, all with the decimals that the finest of them needs, at most two. */
export function ratioTexts(ticks: readonly number[]): readonly string[] {
  const isFine = ticks.some((tick) => Math.abs(tick * 10 - Math.round(tick * 10)) > 1e-6);
  return ticks.map((tick) => tick.toFixed(isFine ? 2 : 1));
}

/** Lower and upper end of a logarithmic axis, with some room around the values. */
export function logDomain(values: readonly number[], room = 0.08): readonly [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A single value stands in the middle of a factor of four.
  const ratio = high / low > 1.05 ? high / low : 4;
  const middle = Math.sqrt(low * high);
  const half = Math.sqrt(ratio) * ratio ** room;
  return [middle / half, middle * half];
}
