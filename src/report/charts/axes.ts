import type { VNode } from 'preact';
import { spacedTicks } from './axis-ticks.ts';
import { plainLabel } from './chart-frame.ts';
import type { ChartTheme } from './chart-theme.ts';
import { svgElement } from './svg-element.ts';
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
  return svgElement(
    'g',
    { 'font-size': fontSize * 0.9, fill: muted, 'text-anchor': 'end' },
    svgElement('path', {
      d: ticks.map(({ at }) => `M${area.left.toFixed(2)},${at.toFixed(2)}H${area.right.toFixed(2)}`).join(''),
      stroke: grid,
      'stroke-width': fontSize / 14,
    }),
    ...ticks.map(({ at, text }) => plainLabel(text, { x: area.left - fontSize * 0.4, y: at + fontSize * 0.32 })),
    plainLabel(fitText(title, area.bottom - area.top + fontSize * 2, fontSize), {
      'text-anchor': 'middle',
      fill: theme.ink,
      'font-size': fontSize,
      transform: `translate(${(fontSize * 1.1).toFixed(2)},${center.toFixed(2)})rotate(-90)`,
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
