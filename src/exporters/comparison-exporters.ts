import { jsonText } from './sanitise.ts';
import type { CellComparison, Comparison, ItemChange, MetricComparison } from '../scoring/comparison.ts';
import type { Scalar } from './column.ts';
import {
  answerText,
  cellTitle,
  changeOfItem,
  comparisonAlignments,
  comparisonHeadings,
  comparisonNotes,
  comparisonRow,
  differenceText,
} from './comparison-rows.ts';
import { csvLine } from './csv-text.ts';
import { escapeMarkdown, markdownTable } from './markdown-text.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const comparisonVersion = 'perbench-comparison/1';

function comparisonJson(comparison: Comparison): string {
  return `${jsonText({ schema: comparisonVersion, ...comparison }, 2)}\n`;
}

type CsvColumn = readonly [heading: string, value: (cell: CellComparison, metric: MetricComparison) => Scalar];

const csvColumns: readonly CsvColumn[] = [
  ['task', ({ taskId }) => taskId],
  ['protocol', ({ protocol }) => protocol],
  ['run_a', ({ a }) => a.runId],
  ['model_a', ({ a }) => a.model],
  ['run_b', ({ b }) => b.runId],
  ['model_b', ({ b }) => b.model],
  ['metric', (_, { metric }) => metric],
  ['unit', (_, { unit }) => unit],
  ['a', (_, { a }) => a?.value],
  ['a_low', (_, { a }) => a?.interval?.low],
  ['a_high', (_, { a }) => a?.interval?.high],
  ['b', (_, { b }) => b?.value],
  ['b_low', (_, { b }) => b?.interval?.low],
  ['b_high', (_, { b }) => b?.interval?.high],
  ['change', (_, { change }) => change],
  ['change_low', (_, { interval }) => interval?.low],
  ['change_high', (_, { interval }) => interval?.high],
  ['level', (_, { interval }) => interval?.level],
  ['p', (_, { p }) => p],
  ['verdict', (_, { verdict }) => verdict],
  ['reason', (_, { reason }) => reason],
  ['pairs', ({ pairs }) => pairs],
  ['only_a', ({ onlyA }) => onlyA],
  ['only_b', ({ onlyB }) => onlyB],
  ['regressions', ({ regressions }) => regressions.length],
  ['improvements', ({ improvements }) => improvements.length],
];

/** A line per task, pair of models and metric, in base units; the change is a difference for accuracy, else a ratio. */
function comparisonCsv({ cells }: Comparison): string {
  const rows = cells.flatMap((cell) =>
    cell.metrics.map((metric) => csvLine(csvColumns.map(([, value]) => value(cell, metric)))),
  );
  return [csvLine(csvColumns.map(([heading]) => heading)), ...rows].join('');
}

/** Items in a file for people; the JSON has all of them. */
const markdownItems = 50;

function itemList(heading: string, items: readonly ItemChange[]): string {
  if (items.length === 0) return '';
  const rows = items
    .slice(0, markdownItems)
    .map((item) => [
      item.itemId,
      changeOfItem(item),
      answerText(item.answerA),
      answerText(item.answerB),
      answerText(item.expected),
    ]);
  const left = items.length - rows.length;
  const table = markdownTable(
    ['item', 'A → B', 'answer of A', 'answer of B', 'expected'],
    ['left', 'left', 'left', 'left', 'left'],
    rows,
  );
  const more = left > 0 ? `\nand ${left} more\n` : '';
  return `\n<details><summary>${items.length} ${heading}</summary>\n\n${table}${more}\n</details>\n`;
}

function cellMarkdown(cell: CellComparison): string {
  const table = markdownTable(comparisonHeadings, comparisonAlignments, cell.metrics.map(comparisonRow));
  const notes = [...comparisonNotes(cell), ...cell.differences.map(differenceText)];
  return [
    `### ${escapeMarkdown(cellTitle(cell))}\n\n${table}\n`,
    ...notes.map((note) => `- ${escapeMarkdown(note)}\n`),
    itemList(cell.regressions.length === 1 ? 'regression' : 'regressions', cell.regressions),
    itemList(cell.improvements.length === 1 ? 'improvement' : 'improvements', cell.improvements),
  ].join('');
}

/** The comparison for a page or a pull request; items are folded. */
function comparisonMarkdown({ verdict, cells, unmatched }: Comparison): string {
  return [
    `**${escapeMarkdown(verdict)}**\n`,
    ...cells.map(cellMarkdown),
    ...(unmatched.length > 0 ? [unmatched.map((text) => `- ${escapeMarkdown(text)}\n`).join('')] : []),
  ].join('\n');
}

/** Formats of comparisons, by the ending of the file. */
export const comparisonExporters = {
  csv: { extensions: ['csv'], render: comparisonCsv },
  json: { extensions: ['json'], render: comparisonJson },
  markdown: { extensions: ['md', 'markdown'], render: comparisonMarkdown },
} as const;
