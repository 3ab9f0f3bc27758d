import type { Scoreboard } from '../scoring/scoreboard.ts';
import { boardSections } from './board-sections.ts';
import { reportColumns } from './columns.ts';
import { boardTitle, footnotes } from './footnotes.ts';
import { escapeMarkdown, markdownTable } from './markdown-text.ts';
import type { Report } from './report.ts';

function boardTable(board: Scoreboard): string {
  const columns = reportColumns([board], 'markdown').filter(
    (column) =>
      column.dropOrder === 0 || board.rows.some((row) => !['', '–'].includes(column.render(row, board, false))),
  );
  const heading = columns.map((column) =>
    [column.heading, column.unit(board)].filter((part) => part !== '').join(', '),
  );
  const rows = board.rows.map((row) =>
    columns.map((column) => {
      const text = column.render(row, board, false);
      return text + (text === '' ? '' : column.mark(row));
    }),
  );
  return markdownTable(
    heading,
    columns.map(({ align }) => align),
    rows,
  );
}

/** The report as GitHub-flavoured Markdown, one table per scoreboard, with what must be known below it. */
export function markdownReport(report: Report): string {
  const boards = report.scoreboards.map((board) => {
    const table = boardTable(board);
    const below = footnotes(board, { hasIntervals: table.includes('±') }).map(
      ({ mark, text }) => `- ${mark === '' ? '' : `${escapeMarkdown(mark)} `}${escapeMarkdown(text)}\n`,
    );
    const list = below.length === 0 ? '' : `\n${below.join('')}`;
    const verdict = board.verdict === undefined ? '' : `\n${escapeMarkdown(board.verdict)}.\n`;
    const sections = boardSections(board).map(
      ({ heading, lines }) =>
        `\n#### ${escapeMarkdown(heading)}\n\n${lines.map((line) => `- ${escapeMarkdown(line)}\n`).join('')}`,
    );
    return `### ${escapeMarkdown(boardTitle(board))}\n\n${table}${verdict}${list}${sections.join('')}`;
  });
  const notes = (report.notes ?? []).map((note) => `${escapeMarkdown(note)}\n`);
  return [...boards, ...notes].join('\n');
}
