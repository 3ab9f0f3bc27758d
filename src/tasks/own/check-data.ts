import { countText } from '../../core/amount-text.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { detectableDifference, fewestTellingItems } from '../../stats/detectable-difference.ts';
import { inputChecks } from './check-inputs.ts';
import { targetChecks } from './check-targets.ts';
import { type CheckedRow, rowParts } from './checked-rows.ts';
import { columnValue, valueText } from './column-value.ts';
import type { Check, DataFinding } from './data-finding.ts';

export type { CheckedRow } from './checked-rows.ts';
export type { DataFinding } from './data-finding.ts';

/** How many items there are, and what difference they can show. */
const size: Check = ({ definition: { cluster }, rows }) => {
  const groups =
    cluster === undefined
      ? undefined
      : new Set(rows.map(({ row }) => valueText(columnValue(row.values, cluster)))).size;
  const items = rows.length === 1 ? 'one item tells' : `${countText(rows.length)} items tell`;
  const difference = detectableDifference(rows.length);
  const what =
    difference === undefined
      ? `no difference between models, however large (that takes ${fewestTellingItems} at least)`
      : `differences of about ${(100 * difference).toFixed(difference < 0.1 ? 1 : 0)} points in accuracy`;
  const fewer =
    groups === undefined || groups === rows.length
      ? ''
      : `; they are in ${countText(groups)} groups of \`${cluster}\`, so it may be as if they were fewer`;
  return [{ level: 'note', code: 'size', message: `${items} ${what}${fewer}`, rows: [] }];
};

const checks: readonly Check[] = [...inputChecks, ...targetChecks, size];
const levels = ['error', 'warning', 'note'] as const;

/**
 * Looks at the data before any model starts: what can't be scored rightly (errors), what makes scores mean something else
 * (warnings), and what so many rows can show (a note, always). Errors first, each kind of finding once.
 *
 * @param rows those that are evaluated
 * @param examples those that prompts may show
 * @throws {ConfigError} if a prompt is no template
 */
export function checkOwnData(
  definition: ResolvedTask,
  rows: readonly CheckedRow[],
  examples: readonly CheckedRow[],
): readonly DataFinding[] {
  const data = {
    definition,
    rows: rows.map((row) => rowParts(definition, row)),
    examples: examples.map((row) => rowParts(definition, row)),
  };
  const found = checks.flatMap((check) => check(data));
  return levels.flatMap((level) => found.filter((each) => each.level === level));
}
