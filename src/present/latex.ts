import {
  type Column,
  type Document,
  filledColumns,
  type Footnote,
  hasInterval,
  type Table,
  wholeOnly,
} from './document.ts';
import { bestCells, escapeLatex, latexCell, marks } from './latex-cell.ts';
import { atMostLineWide, latexNeeds, notesBelow } from './latex-layout.ts';
import { latexMatrix } from './latex-matrix.ts';
import { plainText } from './sanitise.ts';

/** A column of a paper has room for identity, scores and factors alone. */
function paperColumns(table: Table): readonly Column[] {
  const filled = filledColumns(table);
  return table.columns.filter(
    (column) =>
      column.inPaper === 'plain' ||
      (column.inPaper !== undefined && column.priority !== wholeOnly && filled.includes(column)),
  );
}

function tabular(table: Table, columns: readonly Column[]): readonly string[] {
  const best = columns.map((column) => {
    const index = table.columns.indexOf(column);
    const cells = table.rows.map(({ cells: own, isComplete }) => ({ cell: own[index] ?? '', isComplete }));
    return bestCells(column.inPaper, cells);
  });
  const headings = columns.map(
    ({ heading, unit }) => escapeLatex(heading) + (unit === '' ? '' : ` (${escapeLatex(unit)})`),
  );
  const rows = table.rows.map(({ cells }) =>
    columns.map((column, index) => {
      const cell = cells[table.columns.indexOf(column)] ?? '';
      return latexCell(cell, best[index]?.has(cell) === true);
    }),
  );
  return [
    String.raw`\begin{tabular}{${columns.map(({ align }) => (align === 'right' ? 'r' : 'l')).join('')}}`,
    String.raw`\toprule`,
    String.raw`${headings.join(' & ')} \\`,
    String.raw`\midrule`,
    ...rows.map((cells) => String.raw`${cells.join(' & ')} \\`),
    String.raw`\bottomrule`,
    String.raw`\end{tabular}`,
  ];
}

function noteText({ mark, text, shortText = text }: Footnote): string {
  return `${marks[mark]}${mark === '' ? '' : ' '}${escapeLatex(shortText)}`;
}

/** One table as a `table` with booktabs rules, no wider than the text, and below it what must be known, in short. */
export function latexTable(table: Table): string {
  const columns = paperColumns(table);
  const hasIntervals = columns.some((column) =>
    table.rows.some(({ cells }) => hasInterval(cells[table.columns.indexOf(column)] ?? '')),
  );
  const notes = table.notes.filter(
    ({ isAboutIntervals, column }) =>
      (hasIntervals || !isAboutIntervals) &&
      (column === undefined || columns.some(({ heading }) => heading === column)),
  );
  return [
    String.raw`\begin{table}`,
    String.raw`\centering`,
    String.raw`\caption{${escapeLatex(table.caption)}}`,
    ...(table.label === '' ? [] : [String.raw`\label{tab:${table.label}}`]),
    ...atMostLineWide(tabular(table, columns)),
    ...notesBelow(notes.map(noteText)),
    String.raw`\end{table}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * A document as LaTeX: one task is a table of its models with all factors, several tasks are one table of models by
 * tasks. The best value of each column is bold, and so is every value that prints the same; of the scores those of the
 * models that are first. Intervals follow the value.
 */
export function latexText({ page, notes, origin, report }: Document): string {
  const { perbenchVersion, id, host } = origin ?? {};
  const { scoreboards = [] } = report ?? {};
  const isMatrix = scoreboards.length > 1;
  const made = [perbenchVersion && `perbench ${perbenchVersion}`, id && `run ${id}`, host];
  const head = [
    `% ${plainText(made.filter((part) => part !== undefined && part !== '').join(', ') || 'perbench')}`,
    latexNeeds,
    ...(isMatrix ? ['% Throughput, latency and memory of one task: the same with -t and the name of the task.'] : []),
    ...notes.map((note) => `% ${plainText(note)}`),
  ];
  const tables = isMatrix
    ? [latexMatrix(scoreboards)]
    : page.flatMap((block) =>
        block.kind === 'table' && paperColumns(block.table).length > 0 ? [latexTable(block.table)] : [],
      );
  return [`${head.join('\n')}\n`, ...tables].join('\n');
}
