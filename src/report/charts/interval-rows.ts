import type { VNode } from 'preact';
import { axisLines, bottomAxis, bottomAxisHeight, type PlotArea, type Tick } from './axes.ts';
import { plainLabel } from './chart-frame.ts';
import type { ChartTheme } from './chart-theme.ts';
import { svgElement } from './svg-element.ts';
import { fitText, textExtent } from './text-extent.ts';

/** Charts that have one line per model: names left, values right. */
export interface RowsLayout {
  readonly area: PlotArea;
  readonly rowHeight: number;
  readonly height: number;
  readonly theme: ChartTheme;
  /** Middle of a row. */
  readonly middle: (row: number) => number;
}

export interface RowsRequest {
  readonly names: readonly string[];
  /** Texts that stand right of the plot, one per row; empty for none. */
  readonly values: readonly string[];
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Leaves the column of names out, for plots that stand beside each other. */
  readonly hasNames?: boolean;
  readonly theme: ChartTheme;
}

/** Divides the room; names get at most two fifths of the width. */
export function rowsLayout(request: RowsRequest): RowsLayout {
  const { names, values, left, right, top, hasNames = true, theme } = request;
  const { fontSize } = theme;
  const width = right - left;
  const nameRoom = hasNames ? Math.min(width * 0.4, longest(names, fontSize)) + fontSize * 0.6 : 0;
  const valueWidth = longest(values, fontSize * 0.9);
  const rowHeight = fontSize * 1.55;
  const area = {
    left: left + nameRoom,
    right: right - (valueWidth > 0 ? valueWidth + fontSize * 0.5 : 0) - fontSize * 0.6,
    top,
    bottom: top + rowHeight * names.length + fontSize * 0.3,
  };
  return {
    area,
    rowHeight,
    theme,
    height: area.bottom + bottomAxisHeight(theme),
    middle: (row) => top + rowHeight * (row + 0.5) + fontSize * 0.15,
  };
}

function longest(texts: readonly string[], fontSize: number): number {
  return Math.max(0, ...texts.map((text) => textExtent(text, fontSize)));
}

/** The names, right-aligned against the plot. */
export function rowNames(names: readonly string[], left: number, { area, middle, theme }: RowsLayout): VNode {
  const { fontSize } = theme;
  const room = area.left - left - fontSize * 0.6;
  return svgElement(
    'g',
    { 'text-anchor': 'end' },
    ...names.map((name, row) =>
      plainLabel(fitText(name, room, fontSize), { x: area.left - fontSize * 0.5, y: middle(row) + fontSize * 0.35 }),
    ),
  );
}

/** The numbers right of the plot. */
export function rowValues(values: readonly string[], { area, middle, theme }: RowsLayout): VNode {
  const { fontSize, muted } = theme;
  return svgElement(
    'g',
    { 'font-size': fontSize * 0.9, fill: muted },
    ...values.map((value, row) =>
      value === '' ? null : plainLabel(value, { x: area.right + fontSize * 0.5, y: middle(row) + fontSize * 0.32 }),
    ),
  );
}

/** Axis, grid and the two lines. */
export function rowsAxis(ticks: readonly Tick[], title: string, { area, theme }: RowsLayout): VNode {
  return svgElement('g', {}, bottomAxis({ ticks, title }, area, theme), axisLines(area, theme));
}

/** An interval as a line with caps. */
export function intervalLine(low: number, high: number, y: number, color: string, theme: ChartTheme): VNode {
  const cap = theme.fontSize * 0.22;
  const [from, to, top, bottom] = [low, high, y - cap, y + cap].map((value) => value.toFixed(2));
  return svgElement('path', {
    d: `M${from},${y.toFixed(2)}H${to}M${from},${top}V${bottom}M${to},${top}V${bottom}`,
    stroke: color,
    'stroke-width': theme.fontSize / 9,
    fill: 'none',
  });
}
