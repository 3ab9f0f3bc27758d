/**
 * Competition ranks, the largest value first: 1, 2, 2, 4. Where there is no value there is no rank.
 *
 * @param values one per model; undefined is left out
 */
export function rankDescending(values: readonly (number | undefined)[]): (number | undefined)[] {
  const sorted = values.filter((value) => value !== undefined).toSorted((left, right) => right - left);
  const ranks = new Map<number, number>();
  for (const [index, value] of sorted.entries()) if (!ranks.has(value)) ranks.set(value, index + 1);
  return values.map((value) => (value === undefined ? undefined : ranks.get(value)));
}

/** Rows by rank, ties by name, those without a rank last: the order in which tables show them. */
export function inRankOrder<Row extends { readonly model: string; readonly rank: number | undefined }>(
  rows: readonly Row[],
): Row[] {
  return rows.toSorted(
    (left, right) =>
      (left.rank ?? Infinity) - (right.rank ?? Infinity) ||
      (left.model < right.model ? -1 : left.model > right.model ? 1 : 0),
  );
}
