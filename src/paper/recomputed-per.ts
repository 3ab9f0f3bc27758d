import { factorLabels, factorNames, isLessBetter, type FactorName, type Factors } from '../scoring/factor.ts';
import { perPaper } from '../scoring/per-paper.ts';
import { taskRows, type PaperRow, type PaperTable } from './paper-table.ts';

/** Why a recomputed PER isn't the published one. */
export type DifferenceKind = 'misprint' | 'published-as-zero' | 'rounded-away' | 'unexplained';

export interface DifferenceReason {
  readonly kind: DifferenceKind;
  /** The factor that explains it, and the value that it would have to have. */
  readonly factor: FactorName;
  /** Undefined where no value would do. */
  readonly needed: number | undefined;
  readonly text: string;
}

/** One cell of the paper's PER columns, recomputed from its own row. */
export interface RecomputedPer {
  readonly row: PaperRow;
  readonly factors: Factors;
  readonly per: number;
  /** Recomputed minus published. */
  readonly difference: number;
  /** PER that the printed digits allow, each number being anywhere within half a unit of its last digit. */
  readonly range: { readonly low: number; readonly high: number };
  readonly isWithinRounding: boolean;
  /** Only where the difference is larger than the tolerance. */
  readonly reason: DifferenceReason | undefined;
}

/** Smaller differences need no reason: the paper prints two digits. */
export const perTolerance = 0.02;
/** How near a correction must come to the published value to explain it. */
const explained = 0.005;

/** PER of every row of the paper's tables from its printed numbers, against the published one. */
export function recomputePer(table: PaperTable): readonly RecomputedPer[] {
  return table.tasks.flatMap((task) => {
    const rows = taskRows(table, task);
    return perPaper(rows).rows.map(({ factors, score = 0 }, index): RecomputedPer => {
      const row = rows[index] as PaperRow;
      const difference = score - row.published;
      const range = roundingRange(row, rows);
      const half = row.halfUnits.published;
      return {
        row,
        factors: factors as Factors,
        per: score,
        difference,
        range,
        isWithinRounding: row.published + half >= range.low && row.published - half <= range.high,
        reason: Math.abs(difference) <= perTolerance ? undefined : explain(row, rows, factors as Factors, score),
      };
    });
  });
}

function scaled(value: number, worst: number, best: number): number {
  return best === worst ? 1 : Math.min(1, Math.max(0, (value - worst) / (best - worst)));
}

interface FactorSpan {
  readonly worst: PaperRow;
  readonly best: PaperRow;
}

function spanOf(rows: readonly PaperRow[], factor: FactorName): FactorSpan {
  const sorted = rows.toSorted((left, right) => left[factor] - right[factor]);
  const [low, high] = [sorted[0], sorted.at(-1)] as [PaperRow, PaperRow];
  return isLessBetter[factor] ? { worst: high, best: low } : { worst: low, best: high };
}

function roundingRange(row: PaperRow, rows: readonly PaperRow[]): { readonly low: number; readonly high: number } {
  let [low, high] = [1, 1];
  for (const factor of factorNames) {
    const { worst, best } = spanOf(rows, factor);
    const sign = isLessBetter[factor] ? -1 : 1;
    const [value, bottom, top] = [row, worst, best].map((one) => sign * one[factor]) as [number, number, number];
    const [own, under, over] = [row, worst, best].map(({ halfUnits }) => halfUnits[factor]) as [number, number, number];
    // The only worst and the only best of a factor are so however they were rounded.
    const [isWorst, isBest] = [worst, best].map(
      (end) => row === end && rows.filter((other) => other[factor] === end[factor]).length === 1,
    );
    low *= isBest ? 1 : isWorst ? 0 : scaled(value - own, bottom + under, top + over);
    high *= isBest ? 1 : isWorst ? 0 : scaled(value + own, bottom - under, top - over);
  }
  return { low: low ** 0.25, high: high ** 0.25 };
}

/** The value of one factor that would give the published PER, all else as printed. */
function neededValue(row: PaperRow, rows: readonly PaperRow[], factors: Factors, factor: FactorName): number {
  const rest = factorNames.reduce((product, other) => (other === factor ? product : product * factors[other]), 1);
  const { worst, best } = spanOf(rows, factor);
  return worst[factor] + (row.published ** 4 / rest) * (best[factor] - worst[factor]);
}

function explain(row: PaperRow, rows: readonly PaperRow[], factors: Factors, score: number): DifferenceReason {
  return (
    lostDecimalPoint(row, rows) ??
    zeroWithoutWorst(row, factors) ??
    roundedAway(row, rows, factors, score) ??
    unexplained(row, rows, factors)
  );
}

/** A number printed ten times too large or too small. */
function lostDecimalPoint(row: PaperRow, rows: readonly PaperRow[]): DifferenceReason | undefined {
  // Anything that makes a model the worst of the set would give 0.
  if (row.published === 0) return undefined;
  for (const factor of factorNames) {
    for (const times of [0.1, 10]) {
      const value = row[factor] * times;
      if (factor === 'accuracy' && value > 1) continue;
      const corrected = rows.map((other) => (other === row ? { ...row, [factor]: value } : other));
      const score = perPaper(corrected).rows[rows.indexOf(row)]?.score ?? 0;
      if (Math.abs(score - row.published) > explained) continue;
      const shown = Number(value.toPrecision(6));
      const text = `${factor} printed as ${row[factor]}; ${shown} gives ${score.toFixed(4)}`;
      return { kind: 'misprint', factor, needed: shown, text };
    }
  }
  return undefined;
}

function zeroWithoutWorst({ published }: PaperRow, factors: Factors): DifferenceReason | undefined {
  const lowest = factorNames.reduce((low, factor) => (factors[factor] < factors[low] ? factor : low));
  if (published !== 0 || factors[lowest] === 0) return undefined;
  const text = `not the worst in any factor (lowest: ${factorLabels[lowest]} ${factors[lowest].toFixed(3)})`;
  return { kind: 'published-as-zero', factor: lowest, needed: undefined, text };
}

/** A factor that printing made equal to the worst of the set. */
function roundedAway(
  row: PaperRow,
  rows: readonly PaperRow[],
  factors: Factors,
  score: number,
): DifferenceReason | undefined {
  if (score !== 0) return undefined;
  for (const factor of factorNames.filter((name) => factors[name] === 0)) {
    const needed = neededValue(row, rows, factors, factor);
    if (Math.abs(needed - row[factor]) > row.halfUnits[factor]) continue;
    const text = `${factor} printed as ${row[factor]}, the worst of the set; ${needed.toPrecision(4)} rounds to that and gives ${row.published}`;
    return { kind: 'rounded-away', factor, needed, text };
  }
  return undefined;
}

function unexplained(row: PaperRow, rows: readonly PaperRow[], factors: Factors): DifferenceReason {
  const candidates = factorNames.map((factor) => ({ factor, needed: neededValue(row, rows, factors, factor) }));
  const change = ({ factor, needed }: (typeof candidates)[number]): number => Math.abs(needed / row[factor] - 1);
  const nearest = candidates.reduce((best, other) => (change(other) < change(best) ? other : best));
  const { factor, needed } = nearest;
  const text = `no rounding explains it; ${factor} would have to be ${needed.toPrecision(3)} instead of ${row[factor]}`;
  return { kind: 'unexplained', factor, needed, text };
}
