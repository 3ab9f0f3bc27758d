import type { Chart, ChartOptions } from '../charts/chart-options.ts';
import { lightTheme } from '../charts/chart-theme.ts';

/** A chart with the name of its file, without ending. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly chart: Chart;
}

const pixelsPerMm = 96 / 25.4;
/** Seven points: the smallest size that most journals take. */
const fontSizePx = (7 * 96) / 72;

/** Options of a chart that is printed at a width: what it measures in pixels is its true size on paper. */
export function printedOptions(widthMm: number, id: string): ChartOptions {
  return { width: widthMm * pixelsPerMm, id, theme: { ...lightTheme, fontSize: fontSizePx } };
}
