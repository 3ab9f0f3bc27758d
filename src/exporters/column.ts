import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import type { ReportFormat } from './report.ts';

export type Scalar = string | number | undefined;

/** Beside a number: `!` it is doubtful or invalid, `~` something else is to be known about it. */
export type Mark = '' | '!' | '~';

/** One column of every table and file; the whole list is in columns.ts. */
export interface Column {
  readonly id: string;
  readonly heading: string;
  /** For narrow terminals. */
  readonly shortHeading: string;
  readonly formats: readonly ReportFormat[];
  readonly align: 'left' | 'right';
  /** Narrow terminals drop the highest first; 0 is never dropped. */
  readonly dropOrder: number;
  /** The unit in which people see it on this scoreboard; empty for none. */
  readonly unit: (board: Scoreboard) => string;
  /** For people; empty where there is nothing to show. `isCompact` leaves intervals out. */
  readonly render: (row: ScoreboardRow, board: Scoreboard, isCompact: boolean) => string;
  readonly mark: (row: ScoreboardRow) => Mark;
  /** For JSON: base units, nothing rounded; undefined where there is nothing. */
  readonly raw: (row: ScoreboardRow, board: Scoreboard) => unknown;
  /** For CSV: one or more headed values. */
  readonly fields: (row: ScoreboardRow, board: Scoreboard) => Readonly<Record<string, Scalar>>;
}
