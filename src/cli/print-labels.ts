import type { Cell } from '../core/cell.ts';
import type { Store } from '../core/store.ts';
import { createLabelCounter, type LabelShares } from '../metrics/label-shares.ts';
import type { CliContext } from './context.ts';
import { safeText } from '../present/sanitise.ts';
import { textTable } from './text-table.ts';

const barWidth = 20;

/** Right and given answers by label, for the cells of tasks that have labels. */
export async function printLabels(store: Store, cells: readonly Cell[], context: CliContext): Promise<void> {
  const { output, interruption } = context;
  for (const cell of cells) {
    if (cell.state !== 'done') continue;
    const counter = createLabelCounter();
    for await (const score of store.scores(cell.id)) {
      interruption.signal.throwIfAborted();
      counter.add(score);
    }
    const shares = counter.shares();
    if (shares === undefined) continue;
    output.record('labels', { model: cell.model, taskId: cell.taskId, ...shares });
    output.result(`${labelText(cell, shares)}\n`);
  }
}

function labelText({ model, taskId }: Cell, { items, unread, labels, distance, isBiased }: LabelShares): string {
  const verdict = isBiased ? 'the answers lean towards a label' : 'no lean towards a label';
  const read = unread > 0 ? `, ${unread} not read` : '';
  const most = Math.max(...labels.flatMap(({ gold, predicted }) => [gold, predicted]));
  const bar = (count: number): string => '█'.repeat(Math.round((barWidth * count) / most));
  const rows = labels.flatMap(({ label, gold, predicted }) => [
    [label, 'right', String(gold), bar(gold)],
    ['', 'answered', String(predicted), bar(predicted)],
  ]);
  return [
    safeText(`labels of ${model} on ${taskId}: ${items} items${read}; ${distance.toFixed(2)} apart, ${verdict}`),
    textTable(['label', '', 'items', ''], rows),
  ].join('\n');
}
