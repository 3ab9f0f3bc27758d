import { factorNames, type Factors } from './factor.ts';

/** A range of accuracy weights over which the same model wins. */
export interface CurveSegment {
  readonly from: number;
  readonly to: number;
  readonly model: string;
}

interface Line {
  readonly model: string;
  readonly start: number;
  readonly end: number;
}

/** The logarithm of the score as a line over the accuracy weight: its values at weight 0 and at weight 1. */
function lineOf(model: string, factors: Factors): Line {
  const rest = factorNames.filter((factor) => factor !== 'accuracy');
  const start = rest.reduce((sum, factor) => sum + Math.log(factors[factor]), 0) / rest.length;
  return { model, start, end: Math.log(factors.accuracy) };
}

/**
 * Who wins at which weight of accuracy, the other factors sharing the rest equally: the upper envelope of straight
 * lines, so the borders are exact.
 *
 * @param models scaled factors in [0, 1]; models with a factor of 0 win nowhere inside and are left out
 * @returns segments from weight 0 to 1; empty where every model has a factor of 0
 */
export function accuracyWeightCurve(
  models: readonly { readonly model: string; readonly factors: Factors }[],
): readonly CurveSegment[] {
  const lines = models
    .filter(({ factors }) => factorNames.every((factor) => factors[factor] > 0))
    .map(({ model, factors }) => lineOf(model, factors));
  let current = bestAtZero(lines);
  let from = 0;
  const segments: CurveSegment[] = [];
  while (current !== undefined) {
    const next = nextCrossing(lines, current, from);
    segments.push({ from, to: next?.at ?? 1, model: current.model });
    from = next?.at ?? 1;
    current = next?.line;
  }
  return segments;
}

/** The line that is highest at weight 0, the steepest of equals. */
function bestAtZero(lines: readonly Line[]): Line | undefined {
  const [first] = lines.toSorted((left, right) => right.start - left.start || right.end - left.end);
  return first;
}

function nextCrossing(
  lines: readonly Line[],
  current: Line,
  from: number,
): { readonly at: number; readonly line: Line } | undefined {
  const slope = ({ start, end }: Line): number => end - start;
  let found: { readonly at: number; readonly line: Line } | undefined;
  for (const line of lines) {
    const steeper = slope(line) - slope(current);
    if (!(steeper > 0)) continue;
    const at = (current.start - line.start) / steeper;
    if (at < from || at >= 1) continue;
    const isSooner = found === undefined || at < found.at || (at === found.at && slope(line) > slope(found.line));
    if (isSooner) found = { at, line };
  }
  return found;
}
