import type { Sweep } from '../../core/sweep.ts';
import { loadLines, loadLinesData } from '../charts/load-lines.ts';
import { type Figure, printedOptions } from './render-svg.ts';

/** A sweep as a figure at a width on paper. */
export function sweepFigure(sweep: Sweep, widthMm: number): Figure {
  const name = 'sweep';
  const data = loadLinesData(sweep);
  return { name, title: data.title, chart: loadLines(data, printedOptions(widthMm, name)) };
}
