import type { VNode } from 'preact';
import { plainLabel, svgElement, type ChartTheme } from './chart-frame.ts';
import type { Legend } from './point-styles.ts';
import { textExtent } from './text-extent.ts';

/**
 * Stops of cividis: its lightness rises evenly, and people with any colour vision, or a grey print, see the same order.
 * Source: Nuñez, Anderton and Renslow 2018 (doi 10.1371/journal.pone.0199239).
 */
const stops = ['#00204d', '#414d6b', '#7c7b78', '#bcaf6f', '#ffea46'] as const;

function channels(hex: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

/** The colour at a place of the scale, from 0 (dark) to 1 (light). */
export function scaleColour(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [stops[index], stops[index + 1]].map((stop) => channels(stop ?? stops[0]));
  const mixed = from?.map((value, channel) => value + ((to?.[channel] ?? value) - value) * (place - index)) ?? [];
  return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}

/** Values on a colour scale, from the least to the most of them. */
export interface ColourScale {
  readonly low: number;
  readonly high: number;
  readonly colourOf: (value: number) => string;
}

/** Undefined where there are no values. */
export function colourScale(values: readonly number[]): ColourScale | undefined {
  if (values.length === 0) return undefined;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // One value alone is neither slow nor fast.
  const shareOf = (value: number): number => (high > low ? (value - low) / (high - low) : 0.5);
  return { low, high, colourOf: (value) => scaleColour(shareOf(value)) };
}

const barSteps = 24;

/** `Throughput, items/s  12 ▒▒▒▒ 48`: what colours stand for, on a line above a plot. */
export function scaleLegend(
  { low, high, colourOf }: ColourScale,
  { title, text }: { readonly title: string; readonly text: (value: number) => string },
  { left, top }: { readonly left: number; readonly top: number },
  theme: ChartTheme,
): Legend {
  const { fontSize, ink } = theme;
  const [barWidth, barHeight, gap] = [fontSize * 8, fontSize * 0.8, fontSize * 0.5];
  const y = top + fontSize * 0.9;
  const baseline = y + fontSize * 0.35;
  const lowAt = left + textExtent(title, fontSize) + fontSize;
  const barAt = lowAt + textExtent(text(low), fontSize) + gap;
  const step = barWidth / barSteps;
  const bars = Array.from({ length: barSteps }, (_, index): VNode => {
    const value = low + ((high - low) * (index + 0.5)) / barSteps;
    // A little wider than its place, so that no gaps shine through.
    const place = { x: barAt + index * step, y: y - barHeight / 2, width: step * 1.05, height: barHeight };
    return svgElement('rect', { ...place, fill: colourOf(value) });
  });
  const frame = { x: barAt, y: y - barHeight / 2, width: barWidth, height: barHeight };
  const node = svgElement(
    'g',
    {},
    plainLabel(title, { x: left, y: baseline }),
    plainLabel(text(low), { x: lowAt, y: baseline }),
    ...(high > low
      ? [
          ...bars,
          svgElement('rect', { ...frame, fill: 'none', stroke: ink, 'stroke-width': fontSize / 16 }),
          plainLabel(text(high), { x: barAt + barWidth + gap, y: baseline }),
        ]
      : []),
  );
  return { height: fontSize * 1.9, node };
}
