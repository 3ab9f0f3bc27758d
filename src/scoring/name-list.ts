const maxNames = 4;

/** A list that stays readable: `a, b, c and 8 more`, or `all 16 models` where `all` of them are meant. */
export function shortListText(words: readonly string[], all?: number): string {
  if (words.length <= maxNames) return listText(words);
  if (words.length === all) return `all ${all} models`;
  return `${words.slice(0, maxNames - 1).join(', ')} and ${words.length - maxNames + 1} more`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
