import { h, type ComponentChildren, type VNode } from 'preact';

export type SvgAttributes = Readonly<Record<string, string | number | undefined>>;

/** Two decimals are finer than any screen or printer, and keep files small. */
function shortNumber(value: number): number {
  return Math.round(value * 100) / 100;
}

/** An SVG element; numbers are rounded, undefined attributes left out. */
export function svgElement(name: string, attributes: SvgAttributes, ...children: ComponentChildren[]): VNode {
  const written: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) written[key] = typeof value === 'number' ? shortNumber(value) : value;
  }
  return h(name, written, ...children);
}

/** A path's `d` through points. */
export function polyline(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${shortNumber(x)},${shortNumber(y)}`).join('');
}
