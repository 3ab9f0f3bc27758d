/**
 * Every order of some values, for counting errors one by one.
 *
 * @param values what may be seen, each once
 * @param counts how often each of them is in a sequence
 */
export function* arrangements(values: readonly number[], counts: readonly number[]): Generator<readonly number[]> {
  if (counts.every((count) => count === 0)) yield [];
  for (const [index, value] of values.entries()) {
    if (counts[index] === 0) continue;
    const rest = counts.map((left, other) => (other === index ? left - 1 : left));
    for (const tail of arrangements(values, rest)) yield [value, ...tail];
  }
}
