import { placesText } from '../../core/row-places.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import type { RowParts } from './checked-rows.ts';

/** What is odd about the data, before any model starts. */
export interface DataFinding {
  /** `error`: rows that can't be scored rightly. */
  readonly level: 'error' | 'warning' | 'note';
  /** Such as `duplicate_input`. */
  readonly code: string;
  /** One sentence, with the rows that it is about. */
  readonly message: string;
  readonly rows: readonly { readonly file: string; readonly line: number }[];
  readonly hint?: string | undefined;
}

export interface CheckedData {
  readonly definition: ResolvedTask;
  readonly rows: readonly RowParts[];
  readonly examples: readonly RowParts[];
}

export type Check = (data: CheckedData) => readonly DataFinding[];

/** A finding about some rows; none where there are none. Its message names the rows, in the order of the file. */
export function finding(
  level: DataFinding['level'],
  code: string,
  rows: readonly RowParts[],
  message: (places: string) => string,
  hint?: string,
): readonly DataFinding[] {
  if (rows.length === 0) return [];
  const places = rows.map(({ row: { file, line } }) => ({ file, line }));
  return [{ level, code, message: message(placesText(places)), rows: places, hint }];
}
