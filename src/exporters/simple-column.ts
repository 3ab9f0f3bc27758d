import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import type { Column, Mark, Scalar } from './column.ts';
import type { ReportFormat } from './report.ts';

const everywhere: readonly ReportFormat[] = ['terminal', 'markdown', 'csv', 'json'];

/** A column of one value, the same in every format. */
export function simpleColumn(
  column: Pick<Column, 'id' | 'heading' | 'shortHeading' | 'align' | 'dropOrder'> & {
    readonly formats?: readonly ReportFormat[];
    readonly field: string;
    readonly value: (row: ScoreboardRow, board: Scoreboard) => Scalar;
    readonly show?: (value: Scalar) => string;
    readonly mark?: (row: ScoreboardRow) => Mark;
    /** Whether people see it; files always have it. */
    readonly isShown?: (board: Scoreboard) => boolean;
  },
): Column {
  const {
    field,
    value,
    show = (shown) => String(shown ?? ''),
    mark = () => '',
    formats = everywhere,
    isShown = () => true,
    ...rest
  } = column;
  return {
    ...rest,
    formats,
    mark,
    unit: () => '',
    render: (row, board) => (isShown(board) ? show(value(row, board)) : ''),
    raw: value,
    fields: (row, board) => ({ [field]: value(row, board) }),
  };
}

/** So many decimals; a dash where there is nothing. */
export const fixed =
  (decimals: number) =>
  (value: Scalar): string =>
    typeof value === 'number' ? value.toFixed(decimals) : '–';
