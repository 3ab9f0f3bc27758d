/**
 * The official metric of SQuAD 2.0 (evaluate-v2.0): exact match and token F1 between a predicted span and the best of
 * the gold spans, after normalisation; an empty prediction means "no answer".
 *
 * Not covered: positions of answers, plausible answers.
 */

// Python's str.split() and \b know other characters than JavaScript's \s and \b, so both are spelled out here.
const whitespace = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const punctuation = /[!-/:-@[-`{-~]/gu;
const article = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Lower case, no ASCII punctuation, no articles, single spaces. */
export function normalizeSpan(text: string): string {
  return spanTokens(text).join(' ');
}

/** Words of a text after normalisation. */
export function spanTokens(text: string): readonly string[] {
  const words = text.toLowerCase().replace(punctuation, '').replace(article, ' ').split(whitespace);
  return words.filter((word) => word !== '');
}

/** Gold spans that count: those with something left after normalisation, or the empty one alone. */
export function countedGolds(answers: readonly string[]): readonly string[] {
  const golds = answers.filter((answer) => normalizeSpan(answer) !== '');
  return golds.length === 0 ? [''] : golds;
}

/** 1 if the prediction equals one of the golds, else 0. */
export function spanExact(prediction: string, answers: readonly string[]): number {
  const normal = normalizeSpan(prediction);
  return countedGolds(answers).some((gold) => normalizeSpan(gold) === normal) ? 1 : 0;
}

/** Highest F1 over the golds, in [0, 1]. */
export function spanF1(prediction: string, answers: readonly string[]): number {
  const tokens = spanTokens(prediction);
  return Math.max(...countedGolds(answers).map((gold) => tokenF1(spanTokens(gold), tokens)));
}

function tokenF1(gold: readonly string[], predicted: readonly string[]): number {
  if (gold.length === 0 || predicted.length === 0) return gold.length === predicted.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const token of gold) left.set(token, (left.get(token) ?? 0) + 1);
  let shared = 0;
  for (const token of predicted) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    shared += 1;
  }
  if (shared === 0) return 0;
  const precision = shared / predicted.length;
  const recall = shared / gold.length;
  return (2 * precision * recall) / (precision + recall);
}
