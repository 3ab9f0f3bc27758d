import { type Cell, cellText, type Column, type Document, filledColumns, type Mark, type Table } from './document.ts';
import { humanNumber, intervalDecimals } from '../core/amount-text.ts';
import { plainText } from './sanitise.ts';

const escapes: Readonly<Record<string, string>> = {
  '\\': String.raw`\textbackslash{}`,
  '{': String.raw`\{`,
  '}': String.raw`\}`,
  '&': String.raw`\&`,
  '%': String.raw`\%`,
  $: String.raw`\$`,
  '#': String.raw`\#`,
  _: String.raw`\_`,
  '~': String.raw`\textasciitilde{}`,
  '^': String.raw`\textasciicircum{}`,
  '<': String.raw`\textless{}`,
  '>': String.raw`\textgreater{}`,
  '|': String.raw`\textbar{}`,
  // Where an encoding has no straight quotes there is a curly one in its place.
  '"': String.raw`\symbol{34}`,
  '`': String.raw`\textasciigrave{}`,
  '±': String.raw`\ensuremath{\pm}`,
  '·': String.raw`\ensuremath{\cdot}`,
  '–': '--',
  '×': String.raw`\ensuremath{\times}`,
  // Two of them would become a dash.
  '-': '-{}',
};

/** Foreign text that must not become commands, nor ligatures. */
export function escapeLatex(text: string): string {
  return plainText(text)
    .replaceAll(/[\\{}&%$#_~^<>|"`±·–×]|-(?=-)/gu, (character) => escapes[character] ?? character)
    .replaceAll(/[\u{1F000}-\u{1FFFF}]/gu, '?');
}

const marks: Readonly<Record<Mark, string>> = { '': '', '!': '$^{!}$', '~': String.raw`$^{\sim}$` };

/** As it is printed, without its interval. */
function valueText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  return cellText({ ...cell, decimals: intervalDecimals(cell.half, cell.decimals), half: undefined });
}

/** The best value of a column as it is printed, and every row that prints the same: a tie has no single winner. */
function bestText({ columns, rows }: Table, column: Column): string | undefined {
  if (column.inPaper !== 'highest' && column.inPaper !== 'lowest') return undefined;
  const index = columns.indexOf(column);
  const numbers = rows.flatMap(({ cells, isComplete }) => {
    const cell = cells[index] ?? '';
    return isComplete && typeof cell !== 'string' && cell.value !== undefined ? [{ ...cell, value: cell.value }] : [];
  });
  if (numbers.length < 2) return undefined;
  const sign = column.inPaper === 'highest' ? -1 : 1;
  const [best] = numbers.toSorted((left, right) => sign * (left.value - right.value));
  return best && valueText(best);
}

function latexCell(cell: Cell, best: string | undefined, isComplete: boolean): string {
  if (typeof cell === 'string' || cell.value === undefined) return escapeLatex(cellText(cell));
  const value = valueText(cell);
  const number = value === best && isComplete ? String.raw`\mathbf{${value}}` : value;
  const half =
    cell.half === undefined
      ? ''
      : String.raw` \pm ${humanNumber(cell.half, intervalDecimals(cell.half, cell.decimals))}`;
  return `$${number}${half}$${marks[cell.mark]}`;
}

function tabular(table: Table): readonly string[] {
  const filled = filledColumns(table);
  // A column of a paper has room for identity, scores and factors alone.
  const columns = table.columns.filter(
    (column) => column.inPaper === 'plain' || (column.inPaper !== undefined && filled.includes(column)),
  );
  const best = columns.map((column) => bestText(table, column));
  const headings = columns.map(
    ({ heading, unit }) => escapeLatex(heading) + (unit === '' ? '' : ` (${escapeLatex(unit)})`),
  );
  const rows = table.rows.map(({ cells, isComplete }) =>
    columns.map((column, index) => latexCell(cells[table.columns.indexOf(column)] ?? '', best[index], isComplete)),
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

/** One table as a `table` with booktabs rules, and below it what must be known. */
export function latexTable(table: Table): string {
  const lines = tabular(table);
  const hasIntervals = lines.some((line) => line.includes(String.raw`\pm`));
  const notes = table.notes
    .filter(({ isAboutIntervals }) => hasIntervals || !isAboutIntervals)
    .map(
      ({ mark, text }) => String.raw`\par{\footnotesize ${marks[mark]}${mark === '' ? '' : ' '}${escapeLatex(text)}}`,
    );
  return [
    String.raw`\begin{table}`,
    String.raw`\centering`,
    String.raw`\caption{${escapeLatex(table.caption)}}`,
    ...(table.label === '' ? [] : [String.raw`\label{tab:${table.label}}`]),
    ...lines,
    ...notes,
    String.raw`\end{table}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * The tables of a document as LaTeX: the best value of each column is bold, and so is every value that prints the same;
 * intervals follow as a plus-minus.
 */
export function latexText({ page, notes, origin }: Document): string {
  const { perbenchVersion, id, host } = origin ?? {};
  const made = [perbenchVersion && `perbench ${perbenchVersion}`, id && `run ${id}`, host];
  const head = [
    `% ${plainText(made.filter((part) => part !== undefined && part !== '').join(', ') || 'perbench')}`,
    String.raw`% Needs \usepackage{booktabs,textcomp} and an engine that reads UTF-8.`,
    ...notes.map((note) => `% ${plainText(note)}`),
  ];
  const tables = page.flatMap((block) => (block.kind === 'table' ? [latexTable(block.table)] : []));
  return [`${head.join('\n')}\n`, ...tables].join('\n');
}
