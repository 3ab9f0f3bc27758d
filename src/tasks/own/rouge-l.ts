import { spanTokens } from '../squad-metric.ts';

/** Length of the longest common subsequence. */
function commonLength(left: readonly string[], right: readonly string[]): number {
  let row = new Uint32Array(right.length + 1);
  for (const token of left) {
    const next = new Uint32Array(right.length + 1);
    for (const [index, other] of right.entries()) {
      next[index + 1] = token === other ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0);
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/**
 * ROUGE-L between a text and the best of the references, in [0, 1]: the F-measure (precision and recall weighing the same)
 * of the longest common subsequence of words, words being what the metric of SQuAD makes of a text: lower case, without
 * ASCII punctuation and articles. No stemming.
 *
 * Source: Lin, "ROUGE: A package for automatic evaluation of summaries", aclanthology W04-1013.
 */
export function rougeL(text: string, references: readonly string[]): number {
  const words = spanTokens(text);
  const scores = references.map((reference) => {
    const wanted = spanTokens(reference);
    const common = commonLength(wanted, words);
    return common === 0 ? 0 : (2 * common) / (wanted.length + words.length);
  });
  return Math.max(0, ...scores);
}
