import { listText } from '../scoring/board-text.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import type { BoardColumn } from './board-column.ts';
import { type Cell, isFilled } from './document.ts';
import { bestCells, escapeLatex, latexCell } from './latex-cell.ts';
import { atMostLineWide, notesBelow } from './latex-layout.ts';
import { type CodedNote, codedNotes, type NotePlace } from './notes.ts';
import { boardColumns } from './scoreboard-columns.ts';

/** One measure of the table: a part of it with a row per model. */
interface Part {
  readonly column: BoardColumn;
  readonly notesOf: (row: ScoreboardRow) => readonly CodedNote[];
}

function headingOf({ title, taskId, protocol }: Scoreboard, boards: readonly Scoreboard[]): string {
  const name = title ?? taskId;
  const isAlone = boards.filter((other) => other.taskId === taskId).length === 1;
  return isAlone || protocol === undefined ? name : `${name}, ${protocol}`;
}

/** Items behind the accuracies, where all models answered as many. */
function itemsText({ rows }: Scoreboard): string {
  const counts = rows.flatMap(({ measurements: { accuracy } }) =>
    accuracy === undefined || accuracy.status === 'unavailable' || accuracy.n === 0 ? [] : [accuracy.n],
  );
  const [first] = counts;
  return first === undefined || counts.some((count) => count !== first) ? '' : `$n = ${first}$`;
}

function superscript(notes: readonly CodedNote[]): string {
  return notes.length === 0 ? '' : String.raw`\textsuperscript{${notes.map(({ code }) => code).join(',')}}`;
}

/** The rows of a part: a model each, a task per column. */
function partRows(
  { column, notesOf }: Part,
  boards: readonly Scoreboard[],
  models: readonly string[],
): readonly string[] {
  const columns = boards.map((board) => {
    const { cell } = column.read(board);
    const cells = board.rows.map((row) => ({ row, cell: cell(row), isComplete: row.state === 'done' }));
    return { cells, best: bestCells(column.inPaper, cells) };
  });
  return models.map((model) => {
    const texts = columns.map(({ cells, best }) => {
      const found = cells.find(({ row }) => row.model === model);
      // Its note says more than a mark.
      const plain: Cell | undefined =
        found === undefined || typeof found.cell === 'string' ? found?.cell : { ...found.cell, mark: '' };
      if (found === undefined) return '--';
      const number = plain !== undefined && isFilled(plain) ? latexCell(plain, best.has(found.cell)) : '--';
      return number + superscript(notesOf(found.row));
    });
    return String.raw`${[escapeLatex(model), ...texts].join(' & ')} \\`;
  });
}

/** The score that people read: PER-A where it was computed. */
function scoreColumn(
  boards: readonly Scoreboard[],
  columns: ReadonlyMap<string, BoardColumn>,
): BoardColumn | undefined {
  return ['perAnchored', 'per']
    .map((id) => columns.get(id))
    .find((column) =>
      boards.some((board) => board.rows.some((row) => column !== undefined && isFilled(column.read(board).cell(row)))),
    );
}

/** Several scoreboards as one table for a paper: models by tasks, accuracy above, the score below, notes after it. */
export function latexMatrix(boards: readonly Scoreboard[]): string {
  const columns = new Map(boardColumns(boards).map((column) => [column.id, column]));
  const [accuracy, score] = [columns.get('accuracy'), scoreColumn(boards, columns)];
  const notes = codedNotes(boards, {
    isShown: (metric) => metric === 'accuracy',
    hasPaperScores: () => score?.id === 'per',
    hasRanks: false,
  });
  const parts: readonly Part[] = [
    ...(accuracy === undefined
      ? []
      : [{ column: accuracy, notesOf: (row: ScoreboardRow) => notes.ofMetric(row, 'accuracy') }]),
    ...(score === undefined
      ? []
      : [{ column: score, notesOf: (row: ScoreboardRow) => [...notes.ofScore(row), ...notes.ofPaperScore(row)] }]),
  ];
  const models = [...new Set(boards.flatMap(({ rows }) => rows.map(({ model }) => model)))];
  const items = boards.map(itemsText);
  const headings = boards.map((board) => escapeLatex(headingOf(board, boards)) + superscript(notes.ofBoard(board)));
  const what = listText(parts.map(({ column: { heading } }) => heading));
  const caption = `${what} of ${models.length} models on ${boards.length} tasks. Bold: the best accuracy of a column and all that print the same, and the score of each model that is first or tied for it.`;
  return [
    String.raw`\begin{table}`,
    String.raw`\centering`,
    String.raw`\caption{${escapeLatex(caption)}}`,
    String.raw`\label{tab:results}`,
    ...atMostLineWide([
      String.raw`\begin{tabular}{l${'r'.repeat(boards.length)}}`,
      String.raw`\toprule`,
      String.raw`${['Model', ...headings].join(' & ')} \\`,
      ...(items.every((text) => text === '') ? [] : [String.raw`${['', ...items].join(' & ')} \\`]),
      ...parts.flatMap((part) => [
        String.raw`\midrule`,
        String.raw`\multicolumn{${boards.length + 1}}{l}{\emph{${escapeLatex(part.column.heading)}}} \\`,
        ...partRows(part, boards, models),
      ]),
      String.raw`\bottomrule`,
      String.raw`\end{tabular}`,
    ]),
    ...notesBelow(notes.all.map(noteText)),
    String.raw`\end{table}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** What places have to tell in more letters than this has no room in a paper. */
const longestSummary = 240;

function noteText({ code, term, text, isByTask, summary, places }: CodedNote): string {
  const said = term === '' ? text : `${term}: ${text}`;
  const hasSummary = summary !== '' && summary.length <= longestSummary;
  const more = isByTask === true ? ` ${tasksText(places)}` : hasSummary ? ` (${summary})` : '';
  return String.raw`\textsuperscript{${code}}~${escapeLatex(said + more)}`;
}

/** Task by task, those with the same to tell together. */
function tasksText(places: readonly NotePlace[]): string {
  const alike = Map.groupBy(places, ({ detail }) => detail);
  return Array.from(alike, ([detail, own]) => `${listText(own.map(({ task }) => task))}: ${detail}.`).join(' ');
}
