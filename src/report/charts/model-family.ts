import {
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  symbol,
  type SymbolType,
} from 'd3-shape';
import type { VNode } from 'preact';
import type { ChartTheme } from './chart-theme.ts';
import { svgElement, type SvgAttributes } from './svg-element.ts';

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
