import type { ResolvedTask } from '../../src/core/task-definition.ts';
import { checkOwnData, type CheckedRow, type DataFinding } from '../../src/tasks/own/check-data.ts';
import { resolvedTask } from './resolved-task.ts';

export type Values = CheckedRow['values'];

/** Rows of a file, from line 2. */
export function inFile(rows: readonly Values[], file = 'tickets.csv'): readonly CheckedRow[] {
  return rows.map((values, index) => ({ file, line: index + 2, values }));
}

/** Fine rows of two labels in turn, each with a text of its own. */
export function fineRows(count: number, change: (index: number) => Values = () => ({})): readonly Values[] {
  return Array.from({ length: count }, (_, index) => ({
    text: `ticket number ${index} about something`,
    label: index % 2 === 0 ? 'billing' : 'bug',
    ...change(index),
  }));
}

export function checkRows(
  rows: readonly Values[],
  changes: Partial<ResolvedTask> = {},
  examples: readonly CheckedRow[] = [],
): readonly DataFinding[] {
  return checkOwnData(resolvedTask(changes), inFile(rows), examples);
}

/** Findings in one line each, but for the number of items. */
export const shortFindings = (findings: readonly DataFinding[]): readonly string[] =>
  findings.filter(({ code }) => code !== 'size').map(({ level, code, message }) => `${level} ${code}: ${message}`);
