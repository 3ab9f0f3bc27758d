/** What was measured of items, by their ids. */
export type ByItem = ReadonlyMap<string, number>;

/** Ids that all of them have with a value above 0, in the order of the first. */
export function commonItems([first, ...others]: readonly ByItem[]): readonly string[] {
  if (first === undefined) return [];
  return [...first.keys()].filter((id) => [first, ...others].every((each) => (each.get(id) ?? 0) > 0));
}

/** Values of those items. */
export function valuesAt(own: ByItem, ids: readonly string[]): readonly number[] {
  return ids.map((id) => own.get(id) ?? 0);
}
