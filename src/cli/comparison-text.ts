import {
  answerText,
  cellTitle,
  changeOfItem,
  comparisonHeadings,
  comparisonNotes,
  comparisonRow,
  differenceText,
} from '../exporters/comparison-rows.ts';
import { plainText } from '../exporters/sanitise.ts';
import type { CellComparison, Comparison, ItemChange } from '../scoring/comparison.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';

export interface ComparisonTextOptions {
  /** Items listed of each kind; undefined lists all. */
  readonly items: number | undefined;
  readonly styled: Output['styled'];
}

function itemLines(what: string, changes: readonly ItemChange[], { items }: ComparisonTextOptions): readonly string[] {
  if (changes.length === 0 || items === 0) return [];
  const shown = changes.slice(0, items);
  const count = shown.length < changes.length ? ` (${shown.length} of ${changes.length})` : ` (${changes.length})`;
  const rows = shown.map((change) => [
    change.itemId,
    changeOfItem(change),
    answerText(change.answerA, 24),
    answerText(change.answerB, 24),
    answerText(change.expected, 24),
  ]);
  const table = textTable(['item', 'A → B', 'answer of A', 'answer of B', 'expected'], rows);
  return ['', `${what}${count}`, ...table.split('\n').map((line) => `  ${line}`)];
}

function cellLines(cell: CellComparison, options: ComparisonTextOptions): readonly string[] {
  const { styled } = options;
  const [heading = '', ...body] = textTable(comparisonHeadings, cell.metrics.map(comparisonRow)).split('\n');
  return [
    styled(plainText(cellTitle(cell)), 'bold'),
    styled(heading, 'underline'),
    ...body,
    ...comparisonNotes(cell).map((note) => styled(`  ${plainText(note)}`, note.startsWith('!') ? 'yellow' : 'dim')),
    ...itemLines('regressions', cell.regressions, options),
    ...itemLines('improvements', cell.improvements, options),
    '',
  ];
}

/** What differs in how the cells were made; the same difference in several cells once. */
function warningLines(cells: readonly CellComparison[]): readonly string[] {
  const all = new Map(
    cells.flatMap(({ taskId, differences }) =>
      differences.map((difference) => [JSON.stringify(difference), { taskId, difference }] as const),
    ),
  );
  return Array.from(all.values(), ({ taskId, difference }) => {
    const places = cells.filter((cell) =>
      cell.differences.some((other) => JSON.stringify(other) === JSON.stringify(difference)),
    );
    const where = places.length === cells.length ? '' : `${taskId}: `;
    return `! ${where}${differenceText(difference)}`;
  });
}

/** A comparison for a terminal: a table per pair of cells, flips, doubts, and the verdict at the end. */
export function comparisonText({ cells, unmatched, verdict }: Comparison, options: ComparisonTextOptions): string {
  const { styled } = options;
  const warnings = warningLines(cells);
  return [
    ...cells.flatMap((cell) => cellLines(cell, options)),
    ...warnings.map((line) => styled(plainText(line), 'yellow')),
    ...unmatched.map((line) => styled(plainText(line), 'dim')),
    ...(warnings.length + unmatched.length > 0 ? [''] : []),
    styled(plainText(verdict), 'bold'),
  ].join('\n');
}
