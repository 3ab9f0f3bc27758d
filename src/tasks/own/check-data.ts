import type { ResolvedTask } from '../../core/task-definition.ts';

export interface CheckedRow {
  readonly file: string;
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What is odd about the data, before any model starts. */
export interface DataFinding {
  readonly level: 'error' | 'warning' | 'note';
  /** Such as `duplicate_input`. */
  readonly code: string;
  /** One sentence, with the rows that it is about. */
  readonly message: string;
  readonly rows: readonly { readonly file: string; readonly line: number }[];
  readonly hint?: string | undefined;
}

export function checkOwnData(
  definition: ResolvedTask,
  rows: readonly CheckedRow[],
  examples: readonly CheckedRow[],
): readonly DataFinding[] {
  throw new Error(`not written yet: ${definition.name} ${rows.length} ${examples.length}`);
}
