/**
 * Kendall's tau-b: how far two scores agree on the order of the same models, from -1 to 1; ties don't count as
 * agreement.
 *
 * @param left one value per model
 * @param right the same models in the same order
 * @returns undefined where one of the two has no order at all
 * @throws {RangeError} if the lengths differ
 */
export function kendallTauB(left: readonly number[], right: readonly number[]): number | undefined {
  if (left.length !== right.length) throw new RangeError(`tau needs pairs, got ${left.length} and ${right.length}`);
  let agreement = 0;
  let leftPairs = 0;
  let rightPairs = 0;
  for (let i = 0; i < left.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const a = Math.sign((left[i] as number) - (left[j] as number));
      const b = Math.sign((right[i] as number) - (right[j] as number));
      agreement += a * b;
      leftPairs += a * a;
      rightPairs += b * b;
    }
  }
  if (leftPairs === 0 || rightPairs === 0) return undefined;
  return agreement / Math.sqrt(leftPairs * rightPairs);
}
