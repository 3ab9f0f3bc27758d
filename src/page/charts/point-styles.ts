import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  type SymbolType,
} from 'd3-shape';
import type { VNode } from 'preact';
import { lineStep, stackedLabels, svgElement, type ChartTheme, type SvgAttributes } from './chart-frame.ts';
import { textExtent, wrapText } from './text-extent.ts';

/** How the points of one family or task look: colour and shape, so that neither is needed alone. */
export interface PointStyle {
  readonly name: string;
  readonly color: string;
  readonly shape: SymbolType;
}

const shapes = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar, symbolWye, symbolCross] as const;

/** `Qwen2.5-0.5B` is of the family Qwen, `hf:google/gemma-2-2b-it` of gemma; names that tell nothing are their own. */
export function modelFamily(model: string): string {
  const name = model.split(/[/:]/u).at(-1) || model;
  return /^[\p{L}]+/u.exec(name)?.[0] ?? name;
}

/**
 * A style for each name, in the order given. Beyond the palette colours repeat with other shapes; beyond all pairs
 * everything is "other".
 */
export function pointStyles(names: readonly string[], theme: ChartTheme): ReadonlyMap<string, PointStyle> {
  const { palette } = theme;
  const distinct = [...new Set(names)];
  return new Map(
    distinct.map((name, index) => {
      const color = palette[index % palette.length] ?? theme.ink;
      const shape = shapes[(index + Math.floor(index / palette.length) * 2) % shapes.length] ?? symbolCircle;
      return [name, { name, color, shape }];
    }),
  );
}

/** A point, with what is said of it. */
export function pointMark(
  style: PointStyle,
  { x, y, diameter }: { readonly x: number; readonly y: number; readonly diameter: number },
  attributes: SvgAttributes,
  ...children: VNode[]
): VNode {
  const transform = `translate(${x.toFixed(2)},${y.toFixed(2)})`;
  return svgElement('path', { d: pointPath(style, diameter), transform, ...attributes }, ...children);
}

/** The outline of a point around (0, 0). */
function pointPath({ shape }: PointStyle, diameter: number): string {
  // Symbols are given by area; a circle of that diameter sets it for all.
  const path = symbol(shape, (Math.PI * diameter * diameter) / 4)() ?? '';
  return path.replaceAll(/-?\d+\.\d+(e-?\d+)?/gu, (digits) => String(Math.round(Number(digits) * 100) / 100));
}

export interface Legend {
  readonly height: number;
  readonly node: VNode | undefined;
}

/** A mark of a plot, and what it stands for. */
export interface LegendEntry {
  readonly text: string;
  /** The mark, with its middle at a place. */
  readonly mark: (x: number, y: number) => VNode;
}

/** The look of a family, a task or a model. */
export function styleEntry(style: PointStyle, { fontSize }: ChartTheme): LegendEntry {
  return {
    text: style.name,
    mark: (x, y) => pointMark(style, { x, y, diameter: fontSize * 0.75 }, { fill: style.color }),
  };
}

/** A round mark, such as a hollow or a pale one. */
export function circleEntry(text: string, attributes: SvgAttributes, { fontSize }: ChartTheme): LegendEntry {
  return { text, mark: (x, y) => svgElement('circle', { cx: x, cy: y, r: fontSize * 0.34, ...attributes }) };
}

/** A line. */
export function lineEntry(text: string, attributes: SvgAttributes, { fontSize }: ChartTheme): LegendEntry {
  return {
    text,
    mark: (x, y) =>
      svgElement('path', {
        d: `M${(x - fontSize * 0.6).toFixed(2)},${y.toFixed(2)}H${(x + fontSize * 0.6).toFixed(2)}`,
        fill: 'none',
        ...attributes,
      }),
  };
}

/** What marks stand for, in lines above a plot; names stand there whole. */
export function legend(
  shown: readonly LegendEntry[],
  place: { readonly left: number; readonly right: number; readonly top?: number },
  theme: ChartTheme,
): Legend {
  if (shown.length === 0) return { height: 0, node: undefined };
  const { fontSize } = theme;
  const [lead, gap, lineHeight] = [fontSize * 1.5, fontSize * 1.1, fontSize * 1.5];
  let x = place.left;
  let [y, bottom] = [(place.top ?? 0) + fontSize * 0.9, (place.top ?? 0) + lineHeight];
  const entries: VNode[] = [];
  for (const { text, mark } of shown) {
    const lines = wrapText(text, place.right - place.left - lead, fontSize);
    const width = lead + Math.max(...lines.map((line) => textExtent(line, fontSize)));
    if (x > place.left && x + width > place.right) {
      x = place.left;
      y = bottom + fontSize * 0.9;
    }
    const step = fontSize * lineStep;
    entries.push(mark(x + fontSize * 0.6, y), ...stackedLabels(lines, { x: x + lead, y: y + fontSize * 0.35 }, step));
    bottom = Math.max(bottom, y + fontSize * 0.6 + step * (lines.length - 1));
    x += width + gap;
  }
  return { height: bottom - (place.top ?? 0) + fontSize * 0.4, node: svgElement('g', {}, ...entries) };
}
