import { TableError, type TableProblem } from '../core/errors.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { csvRecords, type CsvRecord } from './csv-records.ts';
import type { Scoreboard, ScoreboardCell, ScoreboardOptions } from '../scoring/scoreboard.ts';
import { openUnits } from './table-columns.ts';
import { tableLayout, type TableLayout } from './table-layout.ts';
import { tableCell } from './table-row.ts';

export interface ScoreTableOptions extends ScoreboardOptions {
  /** Name of the table in messages. */
  readonly file?: string;
}

/** A table of measurements, scored; fits a report. */
export interface ScoredTable {
  readonly scoreboards: readonly Scoreboard[];
  /** What was assumed about the table. */
  readonly notes: readonly string[];
}

/** Rows that name the same model on the same task twice. */
function duplicates(layout: TableLayout, rows: readonly (readonly [CsvRecord, ScoreboardCell])[]): TableProblem[] {
  const first = new Map<string, number>();
  const problems: TableProblem[] = [];
  for (const [{ line }, { model, taskId, protocol }] of rows) {
    const key = JSON.stringify([taskId, protocol ?? null, model]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, line);
    else {
      const column = layout.headings[layout.identities.get('model') ?? 0];
      problems.push({
        line,
        column,
        message: `expected one row per model and task, got "${model}" again (first in line ${earlier})`,
      });
    }
  }
  return problems;
}

/** Units that a table leaves open and that are taken as the usual ones. */
function unitNotes({ factors, identities }: TableLayout): string[] {
  return (['throughput', 'latency'] as const).flatMap((factor) => {
    const hasUnit = factors.get(factor)?.unit !== undefined || identities.has(`${factor}Unit`);
    return hasUnit ? [] : [`the table gives no unit of ${factor}: shown as ${openUnits[factor][0]}`];
  });
}

/**
 * Scores anybody's measurements: a CSV table with a row per model and task, and columns for model, accuracy, throughput,
 * latency and memory, each with the headings and units listed in docs/scores.md. Without a task column all rows are one
 * task. Empty cells are "not measured".
 *
 * @throws {TableError} with one line per problem, naming file, line and column
 */
export function scoreTable(csvText: string, options: ScoreTableOptions = {}): ScoredTable {
  const { file = 'table', ...scoreboardOptions } = options;
  const [heading, ...records] = csvRecords(csvText, file);
  if (heading === undefined) {
    throw new TableError(file, [{ line: 1, column: undefined, message: 'expected a heading, got an empty file' }]);
  }
  const problems: TableProblem[] = [];
  const layout = tableLayout(heading.cells, problems);
  if (problems.length > 0) throw new TableError(file, problems);
  if (records.length === 0) {
    throw new TableError(file, [{ line: 1, column: undefined, message: 'expected rows below the heading, got none' }]);
  }
  const rows: (readonly [CsvRecord, ScoreboardCell])[] = [];
  for (const record of records) {
    const cell = tableCell(layout, record, problems);
    if (cell !== undefined) rows.push([record, cell]);
  }
  problems.push(...duplicates(layout, rows));
  if (problems.length > 0) throw new TableError(file, problems);
  const cells = rows.map(([, cell]) => cell);
  return { scoreboards: createScoreboards(cells, scoreboardOptions), notes: [...layout.notes, ...unitNotes(layout)] };
}
