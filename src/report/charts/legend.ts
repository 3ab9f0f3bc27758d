import type { VNode } from 'preact';
import { plainLabel } from './chart-frame.ts';
import type { ChartTheme } from './chart-theme.ts';
import { pointMark, type PointStyle } from './model-family.ts';
import { svgElement } from './svg-element.ts';
import { fitText, textExtent } from './text-extent.ts';

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
