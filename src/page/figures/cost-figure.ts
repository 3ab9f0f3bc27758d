import type { TaskCosts } from '../../scoring/cost.ts';
import { costLines, costLinesData } from '../charts/cost-lines.ts';
import { type Figure, printedOptions } from './render-svg.ts';

/** Prices over load as a figure at a width on paper. */
export function costFigure(costs: TaskCosts, widthMm: number): Figure {
  const name = 'cost';
  const data = costLinesData(costs);
  return { name, title: data.title, chart: costLines(data, printedOptions(widthMm, name)) };
}
