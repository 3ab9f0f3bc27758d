import type { Measurement } from '../core/measurement.ts';
import { type Scoreboard, type ScoreboardRow, valueOf } from '../scoring/scoreboard.ts';
import type { Column, Mark } from './column.ts';
import { reportColumns } from './columns.ts';
import { boardTitle, footnotes } from './footnotes.ts';
import type { Report } from './report.ts';
import { plainText } from './sanitise.ts';
import { escapeLatex } from './latex-text.ts';

type Direction = 'highest' | 'lowest';

/** Which end of a column is the good one; the others have none. */
const directions: Readonly<Record<string, Direction>> = {
  per: 'highest',
  perAnchored: 'highest',
  accuracy: 'highest',
  throughput: 'highest',
  latency: 'lowest',
  memory: 'lowest',
};

const marks: Readonly<Record<Mark, string>> = { '': '', '!': '$^{!}$', '~': String.raw`$^{\sim}$` };

interface Cell {
  readonly value: string;
  /** Half of the interval. */
  readonly half: string | undefined;
  readonly mark: Mark;
}

function cellOf(column: Column, row: ScoreboardRow, board: Scoreboard): Cell {
  const text = column.render(row, board, false);
  const [value = '', half] = text.split(' ± ');
  return column.id === 'model'
    ? { value: text, half: undefined, mark: '' }
    : { value, half, mark: text === '' ? '' : column.mark(row) };
}

function numberOf(column: Column, row: ScoreboardRow, board: Scoreboard): number | undefined {
  const raw = column.raw(row, board);
  if (typeof raw === 'number') return raw;
  return typeof raw === 'object' && raw !== null && 'status' in raw ? valueOf(raw as Measurement) : undefined;
}

/** The best value of a column as it is printed, and every row that prints the same: a tie has no single winner. */
function bestText(column: Column, board: Scoreboard): string | undefined {
  const direction = directions[column.id];
  if (direction === undefined) return undefined;
  const rows = board.rows.filter((row) => row.state === 'done' && numberOf(column, row, board) !== undefined);
  if (rows.length < 2) return undefined;
  const sorted = rows.toSorted((left, right) => {
    const difference = (numberOf(column, left, board) ?? 0) - (numberOf(column, right, board) ?? 0);
    return direction === 'highest' ? -difference : difference;
  });
  const [best] = sorted;
  return best && cellOf(column, best, board).value;
}

function cellText(column: Column, { value, half, mark }: Cell, best: string | undefined, isDone: boolean): string {
  if (column.align === 'left') return escapeLatex(value);
  if (!/^-?\d/u.test(value)) return escapeLatex(value);
  const number = value === best && isDone ? String.raw`\mathbf{${value}}` : value;
  return `$${number}${half === undefined ? '' : String.raw` \pm ${half}`}$${marks[mark]}`;
}

/** A column of a paper has room for identity, scores and factors alone. */
const shownIds = new Set(['rank', 'model', 'per', 'perAnchored', 'accuracy', 'throughput', 'latency', 'memory']);

function shownColumns(board: Scoreboard): readonly Column[] {
  return reportColumns([board], 'markdown').filter(
    (column) =>
      shownIds.has(column.id) &&
      (column.dropOrder === 0 ||
        column.id === 'rank' ||
        board.rows.some((row) => !['', '–'].includes(column.render(row, board, false)))),
  );
}

function tableLines(board: Scoreboard): string[] {
  const columns = shownColumns(board);
  const best = columns.map((column) => bestText(column, board));
  const headings = columns.map((column) => {
    const unit = column.unit(board);
    return escapeLatex(column.heading) + (unit === '' ? '' : ` (${escapeLatex(unit)})`);
  });
  const rows = board.rows.map((row) =>
    columns.map((column, index) => cellText(column, cellOf(column, row, board), best[index], row.state === 'done')),
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

function label(board: Scoreboard): string {
  return [board.taskId, board.protocol]
    .filter((part) => part !== undefined)
    .join('-')
    .replaceAll(/[^a-zA-Z0-9]+/gu, '-');
}

/** One scoreboard as a `table` with booktabs rules, and below it what must be known. */
function latexTable(board: Scoreboard): string {
  const lines = tableLines(board);
  const hasIntervals = lines.some((line) => line.includes(String.raw`\pm`));
  const notes = footnotes(board, { hasIntervals }).map(
    ({ mark, text }) => String.raw`\par{\footnotesize ${marks[mark]}${mark === '' ? '' : ' '}${escapeLatex(text)}}`,
  );
  return [
    String.raw`\begin{table}`,
    String.raw`\centering`,
    String.raw`\caption{${escapeLatex(boardTitle(board))}}`,
    String.raw`\label{tab:${label(board)}}`,
    ...lines,
    ...notes,
    String.raw`\end{table}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * The report as LaTeX, one table per scoreboard: the best value of each column is bold, and so is every value that
 * prints the same; intervals follow as a plus-minus.
 */
export function latexReport({ scoreboards, notes = [], run }: Report): string {
  const origin = [run?.perbenchVersion && `perbench ${run.perbenchVersion}`, run?.id && `run ${run.id}`, run?.host];
  const head = [
    `% ${plainText(origin.filter((part) => part !== undefined && part !== '').join(', ') || 'perbench')}`,
    String.raw`% Needs \usepackage{booktabs,textcomp} and an engine that reads UTF-8.`,
    ...notes.map((note) => `% ${plainText(note)}`),
  ];
  return [`${head.join('\n')}\n`, ...scoreboards.map(latexTable)].join('\n');
}
