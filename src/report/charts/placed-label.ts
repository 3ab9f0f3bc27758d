import type { VNode } from 'preact';
import { haloLabel } from './chart-frame.ts';
import type { ChartTheme } from './chart-theme.ts';
import type { PlacedLabel } from './place-labels.ts';
import { polyline, svgElement } from './svg-element.ts';

/** A label where {@link placeLabels} put it, with its leader. */
export function placedLabel(label: PlacedLabel, fontSize: number, color: string, theme: ChartTheme): VNode[] {
  const text = haloLabel(label.text, { x: label.x, y: label.y, 'font-size': fontSize, fill: color }, theme);
  if (label.leader === undefined) return [text];
  const line = { d: polyline(label.leader), stroke: theme.muted, 'stroke-width': fontSize / 16 };
  return [svgElement('path', line), text];
}
