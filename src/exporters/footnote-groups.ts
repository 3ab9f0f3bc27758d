import { listText } from '../scoring/name-list.ts';

const numbers = /\d+(?:\.\d+)?/gu;

/**
 * Several sentences as one: where they differ only in numbers, each number becomes the range that it has, and others
 * stand side by side.
 */
export function mergeSentences(sentences: readonly string[]): string {
  const byTemplate = Map.groupBy(new Set(sentences), (sentence) => sentence.replaceAll(numbers, '#'));
  return Array.from(byTemplate.values(), mergeAlike).join('; ');
}

function mergeAlike(sentences: readonly string[]): string {
  const [first = ''] = sentences;
  const rows = sentences.map((sentence) => sentence.match(numbers) ?? []);
  let position = 0;
  return first.replaceAll(numbers, () => {
    const column = [...new Set(rows.map((row) => row[position] ?? ''))].toSorted((a, b) => Number(a) - Number(b));
    position += 1;
    return column.length === 1 ? (column[0] ?? '') : `${column[0]} to ${column.at(-1)}`;
  });
}

/** Models with the same sentence, as one line each: `a and b: not finished`. */
export function groupModels(
  entries: readonly { readonly model: string; readonly text: string }[],
): readonly { readonly models: string; readonly names: readonly string[]; readonly text: string }[] {
  return Array.from(
    Map.groupBy(entries, ({ text }) => text),
    ([text, group]) => {
      const names = [...new Set(group.map(({ model }) => model))];
      return { models: listText(names), names, text };
    },
  );
}
