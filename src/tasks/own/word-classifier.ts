/** A text as its words, and the label that it has. */
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

/** Counts of multinomial naive Bayes, from which documents can be taken out and put back. */
class WordCounts {
  /** By word, then by label: how often the label's documents have the word. */
  readonly #ofWord: Map<number, number>[] = [];
  readonly #wordTotals: number[] = [];
  readonly #labelWords: number[];
  readonly #labelDocuments: number[];
  #vocabulary = 0;

  constructor(labels: number) {
    this.#labelWords = Array.from({ length: labels }, () => 0);
    this.#labelDocuments = Array.from({ length: labels }, () => 0);
  }

  change({ words, label }: Document, by: 1 | -1): void {
    this.#labelDocuments[label] = (this.#labelDocuments[label] ?? 0) + by;
    this.#labelWords[label] = (this.#labelWords[label] ?? 0) + by * words.length;
    for (const word of words) {
      const counts = (this.#ofWord[word] ??= new Map());
      const count = (counts.get(label) ?? 0) + by;
      if (count === 0) counts.delete(label);
      else counts.set(label, count);
      const before = this.#wordTotals[word] ?? 0;
      this.#wordTotals[word] = before + by;
      if (before === 0 || before + by === 0) this.#vocabulary += by;
    }
  }

  /** The likeliest label; the first of equals. Words that no counted document has say nothing. */
  best({ words }: Pick<Document, 'words'>): number {
    const known = words.filter((word) => (this.#wordTotals[word] ?? 0) > 0);
    // The documents' total is the same for all labels, so shares need no division.
    const scores = this.#labelDocuments.map((documents, label) =>
      documents === 0
        ? Number.NEGATIVE_INFINITY
        : Math.log(documents) - known.length * Math.log((this.#labelWords[label] ?? 0) + this.#vocabulary),
    );
    for (const word of known) {
      for (const [label, count] of this.#ofWord[word] ?? []) {
        scores[label] = (scores[label] ?? 0) + Math.log(count + 1);
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
 * always in one fold. Texts whose label no other fold has count as wrong. Linear in the words; deterministic.
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
  const documents = documentsOf(texts, labels);
  const model = new WordCounts(labels.size);
  for (const document of documents) model.change(document, 1);
  let right = 0;
  for (let fold = 0; fold < mostFolds; fold += 1) {
    const left = documents.filter((document) => document.fold === fold);
    for (const document of left) model.change(document, -1);
    right += left.filter((document) => model.best(document) === document.label).length;
    for (const document of left) model.change(document, 1);
  }
  return right;
}

function documentsOf(texts: readonly LabelledText[], labels: ReadonlyMap<string, number>): readonly Document[] {
  const numbers = new Map<string, number>();
  const folds = foldsOf(texts, labels);
  return texts.map(({ text, label }) => ({
    label: labels.get(label) ?? 0,
    fold: folds.get(text) ?? 0,
    words: Array.from(text.normalize('NFKC').toLowerCase().matchAll(wordPattern), ([word]) => {
      const known = numbers.get(word);
      if (known !== undefined) return known;
      numbers.set(word, numbers.size);
      return numbers.size - 1;
    }),
  }));
}

/** Label after label, texts are dealt to the folds in turn. */
function foldsOf(texts: readonly LabelledText[], labels: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const folds = new Map<string, number>();
  const byLabel = texts.toSorted((left, right) => (labels.get(left.label) ?? 0) - (labels.get(right.label) ?? 0));
  for (const { text } of byLabel) if (!folds.has(text)) folds.set(text, folds.size % mostFolds);
  return folds;
}
