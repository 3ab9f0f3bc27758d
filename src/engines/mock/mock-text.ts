import { createHash } from 'node:crypto';

/** Tokens of the mock engine: a word or a run of spaces and punctuation with it, so that text joins back exactly. */
export function mockTokens(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** A stable number in [0, 1) for any text. */
export function hashFraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32;
}

export function hashHex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What a token stands for in `promptHead` and `tokenIds`: the same word, the same number. */
export function mockTokenId(token: string): number {
  return Math.floor(hashFraction(`id ${token}`) * 50_000);
}
