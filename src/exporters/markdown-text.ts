import { plainText } from './sanitise.ts';

/** Foreign text that must not become markup. */
export function escapeMarkdown(text: string): string {
  return plainText(text).replaceAll(/[\\`*_[\]<>|#]/gu, (character) => `\\${character}`);
}

/** A table of GitHub-flavoured Markdown; cells are escaped. `right` aligns a column to the right. */
export function markdownTable(
  headings: readonly string[],
  alignments: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string {
  const rule = alignments.map((align) => (align === 'right' ? '--:' : ':--'));
  return [headings.map(escapeMarkdown), rule, ...rows.map((row) => row.map(escapeMarkdown))]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}
