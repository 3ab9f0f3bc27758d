import type { VNode } from 'preact';
import type { ChartTheme } from './chart-theme.ts';

/** What every chart takes beside its data. */
export interface ChartOptions {
  /** In CSS pixels; a chart has its own idea of the height. */
  readonly width: number;
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
