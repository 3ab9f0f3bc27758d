/** One label as a column spells it: labels that differ by case, spaces or a full stop at the end are the same. */
export interface LabelSpelling {
  /** As most rows spell it; of equally common ones the first in order of text. */
  readonly label: string;
  /** Rows with the label, however it is spelled. */
  readonly count: number;
  /** Every spelling with its number of rows, the commonest first. */
  readonly spellings: readonly { readonly text: string; readonly count: number }[];
}

/** What all spellings of one label have in common: no case, no spaces around, single ones inside, no full stop at the end. */
export function labelKey(text: string): string {
  // \s holds carriage returns and byte order marks; NFKC makes spaces of non-breaking ones and letters of ligatures.
  const plain = text.normalize('NFKC').replaceAll(/\s+/gu, ' ').trim().toLowerCase();
  const bare = plain.replace(/ ?\.$/u, '');
  return bare === '' ? plain : bare;
}

const byCount = (left: { count: number; text: string }, right: { count: number; text: string }): number =>
  right.count - left.count || (left.text < right.text ? -1 : Number(left.text > right.text));

/** The labels that texts are, commonest first, then in order of text. Texts without anything in them are none. */
export function labelSpellings(texts: Iterable<string>): readonly LabelSpelling[] {
  const counts = new Map<string, Map<string, number>>();
  for (const text of texts) {
    const key = labelKey(text);
    if (key === '') continue;
    const own = counts.get(key) ?? new Map<string, number>();
    counts.set(key, own.set(text, (own.get(text) ?? 0) + 1));
  }
  return Array.from(counts.values(), (own): LabelSpelling => {
    const spellings = Array.from(own, ([text, count]) => ({ text, count })).toSorted(byCount);
    const count = spellings.reduce((sum, spelling) => sum + spelling.count, 0);
    // Nobody means the spaces around a label, however common they are.
    return { label: (spellings[0]?.text ?? '').trim(), count, spellings };
  }).toSorted((left, right) => byCount({ ...left, text: left.label }, { ...right, text: right.label }));
}

/** Which of the labels a text is: the one that is spelled so, else the only one of which it is another spelling. */
export function matchLabel(text: string, labels: readonly string[]): string | undefined {
  if (labels.includes(text)) return text;
  const key = labelKey(text);
  const [found, ...others] = labels.filter((label) => labelKey(label) === key);
  return others.length === 0 ? found : undefined;
}
