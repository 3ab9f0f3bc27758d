import { h, type ComponentChildren, type VNode } from 'preact';
import { plainText } from '../../present/sanitise.ts';
import { wrapText } from './text-extent.ts';

/** Colours and type of a chart. */
export interface ChartTheme {
  readonly fontFamily: string;
  /** In the units of the chart's width. */
  readonly fontSize: number;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  /** Behind everything; also the halo of labels. */
  readonly background: string;
  /** Told apart by people with any colour vision, in the order of use. */
  readonly palette: readonly string[];
}

/** The font that figures are measured and rendered with; pages may fall back on others. */
export const chartFont = 'DejaVu Sans';

/**
 * Okabe and Ito's colours, without their yellow, which vanishes on white, and without black, which is the ink. The order
 * puts colours far apart first.
 */
const okabeIto = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9'] as const;

/** For paper and light pages. */
export const lightTheme: ChartTheme = {
  fontFamily: `'${chartFont}', Verdana, sans-serif`,
  fontSize: 12,
  ink: '#1a1a1a',
  muted: '#595959',
  grid: '#e0e0e0',
  background: '#ffffff',
  palette: okabeIto,
};

/** What every chart takes beside its data. */
export interface ChartOptions {
  /** In CSS pixels. */
  readonly width: number;
  /** Of a plot with its axes, where a chart doesn't know it by itself; what stands above it comes on top. */
  readonly height?: number;
  readonly theme?: ChartTheme;
  /** Prefix of the ids inside; give each chart of a page its own. */
  readonly id?: string;
}

/** An `<svg>` element with a view box, a title and a description. */
export type Chart = VNode<ChartProps>;

export interface ChartProps {
  readonly viewBox: string;
  readonly width: number | string;
  readonly height: number | string;
}

/** Bounds of an interval, in the unit of the value. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export type SvgAttributes = Readonly<Record<string, string | number | undefined>>;

/** Two decimals are finer than any screen or printer, and keep files small. */
function shortNumber(value: number): number {
  return Math.round(value * 100) / 100;
}

/** An SVG element; numbers are rounded, undefined attributes left out. Names are foreign: nothing in its texts hides. */
export function svgElement(name: string, attributes: SvgAttributes, ...children: ComponentChildren[]): VNode {
  const written: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) written[key] = typeof value === 'number' ? shortNumber(value) : plainText(value);
  }
  return h(name, written, ...children.map((child) => (typeof child === 'string' ? plainText(child) : child)));
}

/** Dashes of a line that leads the eye and is no data: `stroke-dasharray`. */
export function dashes({ fontSize }: ChartTheme): string {
  return `${(fontSize / 3).toFixed(2)} ${(fontSize / 5).toFixed(2)}`;
}

/** A path's `d` through points. */
export function polyline(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${shortNumber(x)},${shortNumber(y)}`).join('');
}

/** What names a chart for those who can't see it. */
export interface ChartNames {
  readonly title: string;
  /** What the picture shows, in sentences with its main numbers. */
  readonly description: string;
}

/** The `<svg>` around a chart. */
export function chartFrame(
  names: ChartNames,
  size: { readonly width: number; readonly height: number },
  options: ChartOptions,
  ...children: ComponentChildren[]
): Chart {
  const { theme = lightTheme, id = 'chart' } = options;
  const { width, height } = size;
  const frame = svgElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
      width: Math.round(width),
      height: Math.round(height),
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-description`,
      'font-family': theme.fontFamily,
      'font-size': theme.fontSize,
      fill: theme.ink,
    },
    svgElement('title', { id: `${id}-title` }, names.title),
    svgElement('desc', { id: `${id}-description` }, names.description),
    svgElement('rect', { width: Math.round(width), height: Math.round(height), fill: theme.background }),
    ...children,
  );
  return frame as unknown as Chart;
}

/** A chart that has nothing to show says so: `no model has a score`. */
export function emptyChart(title: string, reason: string, options: ChartOptions): Chart {
  const { theme = lightTheme, width } = options;
  const { fontSize, ink, muted } = theme;
  const lines = [title, reason].map((text) => wrapText(text, width - fontSize, fontSize)) as [
    readonly string[],
    readonly string[],
  ];
  const top = fontSize * 2.1;
  const centered = (own: readonly string[], y: number, fill: string): VNode[] =>
    stackedLabels(own, { x: width / 2, y, 'text-anchor': 'middle', fill }, fontSize * lineStep);
  const below = top + fontSize * lineStep * lines[0].length;
  return chartFrame(
    { title, description: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` },
    { width, height: below + fontSize * (lineStep * lines[1].length + 0.7) },
    options,
    ...centered(lines[0], top, ink),
    ...centered(lines[1], below + fontSize * 0.2, muted),
  );
}

/** From one line of a text to the next, in font sizes. */
export const lineStep = 1.2;

/** Lines of a text below each other; `y` is the baseline of the first. */
export function stackedLabels(
  lines: readonly string[],
  { y, ...attributes }: SvgAttributes & { readonly y: number },
  step: number,
): VNode[] {
  return lines.map((line, index) => plainLabel(line, { ...attributes, y: y + index * step }));
}

export function plainLabel(text: string, attributes: SvgAttributes): VNode {
  return svgElement('text', attributes, text);
}

/**
 * A text with a halo, readable over lines. Two elements, since `paint-order` is ignored by programs that make PDF from
 * SVG, and the text vanishes behind its own halo there.
 */
export function haloLabel(text: string, attributes: SvgAttributes, theme: ChartTheme): VNode {
  const halo = {
    ...attributes,
    fill: 'none',
    stroke: theme.background,
    'stroke-width': theme.fontSize / 4,
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
  };
  return svgElement('g', {}, svgElement('text', halo, text), svgElement('text', attributes, text));
}
