/**
 * Scales to [0, 1] over the set: (x - min) / (max - min).
 *
 * The result depends on the whole set: one more model can change everyone's number.
 * Source: the PER paper, 3.2.1; docs/scores.md, "PER-paper".
 *
 * @param values one per model, in any one unit
 * @param options `isLessBetter`: the smallest value becomes 1, the largest 0
 * @returns as many numbers, in the same order; all 1 where all values are equal
 * @throws {RangeError} if a value isn't finite
 */
export function minMax(values: readonly number[], options: { readonly isLessBetter?: boolean } = {}): number[] {
  let low = Infinity;
  let high = -Infinity;
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) throw new RangeError(`minMax needs finite values, got ${value} at ${index}`);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return values.map(() => 1);
  // Halved only where the range would overflow: halving the smallest numbers would round them together.
  const unit = Number.isFinite(high - low) ? 1 : 0.5;
  const distance = (one: number, other: number): number => one * unit - other * unit;
  const range = distance(high, low);
  return values.map((value) => (options.isLessBetter ? distance(high, value) : distance(value, low)) / range);
}
