import { factorNames, isLessBetter, type FactorName, type Factors } from './factor.ts';

/** Whether `left` is no worse than `right` in every one of the factors and better in at least one. */
export function dominates(left: Factors, right: Factors, factors: readonly FactorName[] = factorNames): boolean {
  let isBetter = false;
  for (const factor of factors) {
    const [a, b] = isLessBetter[factor] ? [right[factor], left[factor]] : [left[factor], right[factor]];
    if (a < b) return false;
    if (a > b) isBetter = true;
  }
  return isBetter;
}

/**
 * The models that no other dominates: every sensible trade-off is among them.
 *
 * @param rows raw values, each factor in one unit
 * @param factors which of them count; with all four most models are on the front, so show two as well
 * @returns the rows on the front, in their order
 */
export function paretoFront<Row extends Factors>(
  rows: readonly Row[],
  factors: readonly FactorName[] = factorNames,
): readonly Row[] {
  return rows.filter((row) => !rows.some((other) => dominates(other, row, factors)));
}
