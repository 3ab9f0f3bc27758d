import {
  type Block,
  markedText,
  type Document,
  filledColumns,
  hasInterval,
  type Line,
  type Table,
} from './document.ts';
import { plainText, safeText } from './sanitise.ts';

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

function cellsOf(table: Table): string {
  const columns = filledColumns(table);
  return markdownTable(
    columns.map(({ heading, unit }) => (unit === '' ? heading : `${heading}, ${unit}`)),
    columns.map(({ align }) => align),
    table.rows.map(({ cells }) =>
      columns.map((column) => {
        return markedText(cells[table.columns.indexOf(column)] ?? '');
      }),
    ),
  );
}

function listOf(lines: readonly Pick<Line, 'label' | 'text'>[]): string {
  return lines.map(({ label, text }) => `- ${label === '' ? '' : `**${label}**: `}${escapeMarkdown(text)}\n`).join('');
}

/** A table with what belongs to it, as paragraphs. */
function tableParts(table: Table): readonly string[] {
  const { caption, rows, verdict, notes } = table;
  const hasIntervals = rows.some(({ cells }) => cells.some(hasInterval));
  const below = notes
    .filter(({ isAboutIntervals }) => hasIntervals || !isAboutIntervals)
    .map(({ mark, text }) => ({ label: '', text: mark === '' ? text : `${mark} ${text}` }));
  return [
    ...(caption === '' ? [] : [`### ${escapeMarkdown(caption)}\n`]),
    cellsOf(table),
    ...(verdict === undefined ? [] : [`${escapeMarkdown(verdict)}\n`]),
    ...(below.length === 0 ? [] : [listOf(below)]),
  ];
}

/** The fence is longer than any within. */
function codeBlock(text: string, language: string): string {
  const shown = safeText(text);
  const longest = Math.max(2, ...Array.from(shown.matchAll(/`+/gu), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${shown}\n${fence}\n`;
}

function blockParts(block: Block): readonly string[] {
  switch (block.kind) {
    case 'gap':
      return [];
    case 'heading':
      return [`${'#'.repeat(block.level)} ${escapeMarkdown(block.text)}\n`];
    case 'text': {
      const text = escapeMarkdown(block.text);
      return [block.tones.includes('title') ? `**${text}**\n` : `${text}\n`];
    }
    case 'sentences':
      return block.texts.map((text) => `${escapeMarkdown(text)}\n`);
    case 'table':
      return tableParts(block.table);
    case 'list':
      return [listOf(block.lines)];
    case 'code':
      return [codeBlock(block.text, block.language)];
    case 'alternative':
      return block.whole.flatMap(blockParts);
    case 'details': {
      const more = block.more === '' ? '' : `\n${block.more}\n`;
      return [`<details><summary>${block.summary}</summary>\n\n${cellsOf(block.table)}${more}\n</details>\n`];
    }
  }
}

/** The page of a document as GitHub-flavoured Markdown. */
export function markdownText({ page }: Document): string {
  return page.flatMap(blockParts).join('\n');
}
