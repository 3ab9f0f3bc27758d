/**
 * A model of token probabilities that are known: each token depends on the one before it, and the longest match is taken.
 * After a comma it is nearly sure of what comes next.
 */

const wordIds = 2000;
const byteIds = 1000;
const bos = 1;
const comma = 44;

/** Parts of characters are told of as real tokenizers do. */
const partOfCharacter = '\uFFFD';

export interface ToyModel {
  readonly bos: number;
  readonly wordTokens: readonly number[];
  /** With the token that begins every text. */
  readonly encode: (text: string) => readonly number[];
  readonly textOf: (token: number) => string;
  /** Of a part of a character. */
  readonly byteOf: (token: number) => number;
  /** The natural logarithm of the probability that a token follows another. */
  readonly logprob: (before: number, token: number) => number;
  readonly likeliest: (before: number) => number;
}

/** @param words tokens of more than one letter */
export function createToyModel(words: readonly string[]): ToyModel {
  const texts = new Map<number, string>([[bos, '<s>']]);
  for (const code of [10, ...Array.from({ length: 95 }, (_, index) => index + 32)])
    texts.set(code, String.fromCharCode(code));
  for (let byte = 128; byte < 256; byte += 1) texts.set(byteIds + byte, partOfCharacter);
  for (const [index, word] of words.entries()) texts.set(wordIds + index, word);
  const ids = new Map(
    Array.from(texts, ([id, text]) => [text, id] as const).filter(([text]) => text !== partOfCharacter),
  );
  const longest = Math.max(1, ...words.map((word) => word.length));
  const totals = new Map<number, { readonly log: number; readonly best: number }>();

  function weight(before: number, token: number): number {
    // Words are likelier than what stands between them, so that what is said is a word.
    const sure = before === comma ? 8 : 1;
    return (
      (sure * ((token * 31 + before * 17) % 97)) / 8 - (/\w/.test(texts.get(token) ?? '') && token !== bos ? 0 : 9)
    );
  }

  function total(before: number) {
    let known = totals.get(before);
    if (known === undefined) {
      let [sum, best] = [0, bos];
      for (const token of texts.keys()) {
        sum += Math.exp(weight(before, token));
        if (weight(before, token) > weight(before, best)) best = token;
      }
      known = { log: Math.log(sum), best };
      totals.set(before, known);
    }
    return known;
  }

  return {
    bos,
    wordTokens: words.map((_, index) => wordIds + index),
    encode(text) {
      const tokens = [bos];
      for (let at = 0; at < text.length;) {
        let [length, id] = [0, undefined as number | undefined];
        for (let size = Math.min(longest, text.length - at); size > 0 && id === undefined; size -= 1)
          [length, id] = [size, ids.get(text.slice(at, at + size))];
        if (id === undefined) {
          const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
          tokens.push(...Array.from(Buffer.from(character), (byte) => byteIds + byte));
          at += character.length;
        } else {
          tokens.push(id);
          at += length;
        }
      }
      return tokens;
    },
    textOf: (token) => texts.get(token) ?? '',
    byteOf: (token) => token - byteIds,
    logprob: (before, token) => weight(before, token) - total(before).log,
    likeliest: (before) => total(before).best,
  };
}
