/** A text, and the label that it has. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** Rows of fewer can't be left out in turn. */
const fewestRows = 10;
const mostFolds = 10;

/** Runs of letters and digits in lower case; scripts without spaces by character. */
const wordPattern = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[\p{L}\p{M}\p{N}]+/gu;

interface Document {
  /** Numbers of its words, in order. */
  readonly words: readonly number[];
  /** Number of its label. */
  readonly label: number;
  readonly fold: number;
}

/**
 * Counts of multinomial naive Bayes, from which documents can be taken out and put back. A cell is a word with one of the
 * labels that ever have it; cells of a word lie side by side.
 */
class WordCounts {
  /** First cell of each word, and after the last one the number of cells. */
  readonly #start: Uint32Array;
  readonly #cellLabel: Uint32Array;
  readonly #cellCount: Uint32Array;
  readonly #wordCount: Uint32Array;
  /** Words, and documents, of each label. */
  readonly #labelWords: Float64Array;
  readonly #labelDocuments: Float64Array;
  /** log(count + 1) by count. */
  readonly #logs: Float64Array;
  #vocabulary = 0;

  constructor(documents: readonly Document[], words: number, labels: number) {
    const labelsOfWord = Array.from({ length: words }, () => new Set<number>());
    for (const { words: own, label } of documents) for (const word of own) labelsOfWord[word]?.add(label);
    this.#start = new Uint32Array(words + 1);
    for (const [word, own] of labelsOfWord.entries()) this.#start[word + 1] = (this.#start[word] ?? 0) + own.size;
    this.#cellLabel = Uint32Array.from(labelsOfWord.flatMap((own) => [...own].toSorted((left, right) => left - right)));
    this.#cellCount = new Uint32Array(this.#cellLabel.length);
    this.#wordCount = new Uint32Array(words);
    this.#labelWords = new Float64Array(labels);
    this.#labelDocuments = new Float64Array(labels);
    for (const document of documents) this.change(document, 1);
    const most = this.#cellCount.reduce((max, count) => Math.max(max, count), 0);
    this.#logs = Float64Array.from({ length: most + 1 }, (_, count) => Math.log(count + 1));
  }

  #cell(word: number, label: number): number {
    let [low, high] = [this.#start[word] ?? 0, (this.#start[word + 1] ?? 0) - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#cellLabel[middle] ?? 0) < label) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  change({ words, label }: Document, by: 1 | -1): void {
    this.#labelDocuments[label] = (this.#labelDocuments[label] ?? 0) + by;
    this.#labelWords[label] = (this.#labelWords[label] ?? 0) + by * words.length;
    for (const word of words) {
      const cell = this.#cell(word, label);
      this.#cellCount[cell] = (this.#cellCount[cell] ?? 0) + by;
      const before = this.#wordCount[word] ?? 0;
      this.#wordCount[word] = before + by;
      if (before === 0 || before + by === 0) this.#vocabulary += by;
    }
  }

  /** The likeliest label; the first of equals. Words that no counted document has say nothing. */
  best({ words }: Pick<Document, 'words'>): number {
    const known = words.filter((word) => (this.#wordCount[word] ?? 0) > 0);
    // The number of documents is the same for all labels, so counts do for shares.
    const scores = this.#labelDocuments.map((documents, label) =>
      documents === 0
        ? Number.NEGATIVE_INFINITY
        : Math.log(documents) - known.length * Math.log((this.#labelWords[label] ?? 0) + this.#vocabulary),
    );
    for (const word of known) {
      const end = this.#start[word + 1] ?? 0;
      for (let cell = this.#start[word] ?? 0; cell < end; cell += 1) {
        const label = this.#cellLabel[cell] ?? 0;
        scores[label] = (scores[label] ?? 0) + (this.#logs[this.#cellCount[cell] ?? 0] ?? 0);
      }
    }
    let best = 0;
    for (const [label, score] of scores.entries()) if (score > (scores[best] ?? 0)) best = label;
    return best;
  }
}

/**
 * How often words alone tell the label: multinomial naive Bayes with add-one smoothing (Manning, Raghavan and Schütze,
 * Introduction to Information Retrieval, 2008, section 13.2) over lower-cased words, each text classified by counts of the
 * other folds. Up to ten folds, each with its share of every label, dealt in the order of the rows; the same text is
 * always in one fold. Texts whose label no other fold has count as wrong. Linear in the words, times the labels that have
 * them; deterministic.
 *
 * It is what one simple classifier reaches with so many rows, neither the best that is possible without a language model
 * nor a bound for one.
 *
 * @returns right ones; undefined below 10 texts, or where fewer than two labels have at least 2
 */
export function wordsRight(texts: readonly LabelledText[]): number | undefined {
  const counts = new Map<string, number>();
  for (const { label } of texts) counts.set(label, (counts.get(label) ?? 0) + 1);
  const usable = [...counts.values()].filter((count) => count >= 2).length;
  if (texts.length < fewestRows || usable < 2) return undefined;
  const labels = new Map([...counts.keys()].map((label, index) => [label, index]));
  const { documents, words } = documentsOf(texts, labels);
  const model = new WordCounts(documents, words, labels.size);
  let right = 0;
  for (let fold = 0; fold < mostFolds; fold += 1) {
    const left = documents.filter((document) => document.fold === fold);
    for (const document of left) model.change(document, -1);
    right += left.filter((document) => model.best(document) === document.label).length;
    for (const document of left) model.change(document, 1);
  }
  return right;
}

function documentsOf(
  texts: readonly LabelledText[],
  labels: ReadonlyMap<string, number>,
): { readonly documents: readonly Document[]; readonly words: number } {
  const numbers = new Map<string, number>();
  const numberOf = (word: string): number => {
    const known = numbers.get(word) ?? numbers.size;
    numbers.set(word, known);
    return known;
  };
  const folds = foldsOf(texts, labels);
  const documents = texts.map(({ text, label }) => ({
    label: labels.get(label) ?? 0,
    fold: folds.get(text) ?? 0,
    words: (text.normalize('NFKC').toLowerCase().match(wordPattern) ?? []).map(numberOf),
  }));
  return { documents, words: numbers.size };
}

/** Label after label, texts are dealt to the folds in turn. */
function foldsOf(texts: readonly LabelledText[], labels: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const folds = new Map<string, number>();
  const byLabel = texts.toSorted((left, right) => (labels.get(left.label) ?? 0) - (labels.get(right.label) ?? 0));
  for (const { text } of byLabel) if (!folds.has(text)) folds.set(text, folds.size % mostFolds);
  return folds;
}
