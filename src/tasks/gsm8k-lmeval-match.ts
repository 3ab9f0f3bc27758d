/** What lm-eval puts in the place of an answer that its filter doesn't find. */
export const invalidAnswer = '[invalid]';

/** lm-eval's `strict-match` filter: the first number after `####`. */
export function strictAnswer(text: string): string {
  return /#### (-?[0-9.,]+)/u.exec(text)?.[1]?.trim() ?? invalidAnswer;
}

/** lm-eval's `flexible-extract` filter: the last thing that looks like a number, `...` included. */
export function flexibleAnswer(text: string): string {
  const last = text
    .matchAll(/(-?[$0-9.,]{2,})|(-?[0-9]+)/gu)
    .toArray()
    .at(-1);
  return (last?.[1] ?? last?.[2])?.trim() ?? invalidAnswer;
}

/** lm-eval's `exact_match` with the patterns that GSM8K ignores, applied to both sides. */
export function isExactMatch(answer: string, gold: string): boolean {
  return comparableAnswer(answer) === comparableAnswer(gold);
}

/** What `exact_match` compares: patterns removed in lm-eval's order. Python's `\.$` also matches before a final newline. */
function comparableAnswer(text: string): string {
  return text
    .replaceAll(',', '')
    .replaceAll('$', '')
    .replace(/^.*#### /su, '')
    .replace(/\.(?=\n?$)/u, '')
    .toLowerCase();
}
