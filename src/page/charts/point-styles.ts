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
import { plainLabel, svgElement, type ChartTheme, type SvgAttributes } from './chart-frame.ts';
import { fitText, textExtent } from './text-extent.ts';

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

/** Names with their points in lines above a plot; nothing where there is one name alone. */
export function legend(
  styles: readonly PointStyle[],
  place: { readonly left: number; readonly right: number },
  theme: ChartTheme,
): Legend {
  if (styles.length < 2) return { height: 0, node: undefined };
  const { fontSize } = theme;
  const [lead, gap, lineHeight] = [fontSize * 1.1, fontSize * 1.1, fontSize * 1.5];
  let x = place.left;
  let line = 0;
  const entries: VNode[] = [];
  for (const style of styles) {
    const text = fitText(style.name, place.right - place.left - lead, fontSize);
    const width = lead + textExtent(text, fontSize);
    if (x > place.left && x + width > place.right) {
      x = place.left;
      line += 1;
    }
    const y = fontSize * 0.9 + line * lineHeight;
    entries.push(
      pointMark(style, { x: x + fontSize * 0.45, y, diameter: fontSize * 0.75 }, { fill: style.color }),
      plainLabel(text, { x: x + lead, y: y + fontSize * 0.35 }),
    );
    x += width + gap;
  }
  return { height: (line + 1) * lineHeight + fontSize * 0.4, node: svgElement('g', {}, ...entries) };
}
