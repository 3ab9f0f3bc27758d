/**
 * Words as they stand in a sentence: `bug` isn't in "debugging". Scripts that are written without spaces have no such
 * edges, so a label of theirs counts wherever it stands, and so does one that ends with a symbol, such as `C++`.
 */
const spaceless = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const wordCharacter = String.raw`[[\p{L}\p{N}\p{M}_]--[${spaceless}]]`;
const startsAsWord = new RegExp(`^${wordCharacter}`, 'v');
const endsAsWord = new RegExp(`${wordCharacter}$`, 'v');

/** What stands between the words of a label: models write `customer service` for `customer_service`. */
const between = /(?<=[\p{L}\p{N}])[\s_-]+(?=[\p{L}\p{N}])/gu;

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`);
}

/** Pattern that finds a text as a whole word, spaces, `_` and `-` inside being alike; for the flags `giv`. */
function wholeWord(text: string): string {
  const parts = text.trim().split(between);
  const inner = parts.map(escaped).join(String.raw`[\s_\-]+`);
  const before = startsAsWord.test(text) ? `(?<!${wordCharacter})` : '';
  const after = endsAsWord.test(text) ? `(?!${wordCharacter})` : '';
  return before + inner + after;
}

/** Finds every one of the texts as whole words; where one is part of another, the longer one. */
export function wholeWords(texts: readonly string[]): RegExp {
  const longestFirst = texts.toSorted((left, right) => right.length - left.length);
  return new RegExp(longestFirst.map(wholeWord).join('|'), 'giv');
}

/** Two spellings that {@link wholeWords} doesn't tell apart have the same key. */
export function wordKey(text: string): string {
  return text.trim().toLowerCase().replaceAll(between, ' ');
}
