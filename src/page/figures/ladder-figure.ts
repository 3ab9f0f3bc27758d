import type { Ladder } from '../../scoring/ladder.ts';
import { type LadderChoice, ladderData } from '../charts/ladder-data.ts';
import { ladderScatter } from '../charts/ladder-scatter.ts';
import { type Figure, printedOptions } from './render-svg.ts';

/** A ladder as a figure at a width on paper. */
export function ladderFigure(
  ladder: Ladder,
  { widthMm, name = 'ladder', ...choice }: LadderChoice & { readonly widthMm: number; readonly name?: string },
): Figure {
  const data = ladderData(ladder, choice);
  return { name, title: data.title, chart: ladderScatter(data, printedOptions(widthMm, name)) };
}
