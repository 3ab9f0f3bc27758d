export type Sentiment = 'positive' | 'negative';

/**
 * Reads a sentiment out of the first line that isn't blank. One of the two words must be there, the other not, and
 * not after "not": an answer that hedges or negates isn't one.
 */
export function parseSentiment(text: string): Sentiment | undefined {
  const line = text.trimStart().split(/\r?\n/u, 1)[0] ?? '';
  const words = new Set(line.toLowerCase().match(/\b(?:positive|negative)\b/gu));
  if (words.size !== 1) return undefined;
  if (/(?:\bnot|n['’]t|\bneither|\bnever)\s+(?:a\s+|very\s+|really\s+)?(?:positive|negative)\b/iu.test(line))
    return undefined;
  return words.has('positive') ? 'positive' : 'negative';
}
