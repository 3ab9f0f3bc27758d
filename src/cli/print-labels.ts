import type { Cell } from '../core/cell.ts';
import type { Store } from '../core/store.ts';
import { createLabelCounter, type LabelShares } from '../metrics/label-shares.ts';
import { numberCell } from '../present/document.ts';
import { safeText } from '../present/sanitise.ts';
import { plainTable } from '../present/terminal.ts';
import type { CliContext } from './context.ts';

const barWidth = 20;

/** Right and given answers by label, for the cells of tasks that have labels. */
export async function printLabels(store: Store, cells: readonly Cell[], context: CliContext): Promise<void> {
  const { output, interruption } = context;
  for (const cell of cells) {
    if (cell.state !== 'done') continue;
    const counter = createLabelCounter();
    for await (const itemScore of store.scores(cell.id)) {
      interruption.signal.throwIfAborted();
      counter.add(itemScore);
    }
    const shares = counter.shares();
    if (shares === undefined) continue;
    output.record('labels', { model: cell.model, taskId: cell.taskId, ...shares });
    output.result(`${labelText(cell, shares)}\n`);
  }
}

function labelText({ model, taskId }: Cell, { items, unread, labels, distance, isBiased }: LabelShares): string {
  const verdict = isBiased ? 'the answers are biased towards a label' : 'no bias towards a label';
  const read = unread > 0 ? `, ${unread} unparsed` : '';
  const most = Math.max(...labels.flatMap(({ gold, predicted }) => [gold, predicted]));
  const bar = (count: number): string => '█'.repeat(Math.round((barWidth * count) / most));
  const rows = labels.flatMap(({ label, gold, predicted }) => [
    [label, 'right', numberCell(gold, 0), bar(gold)],
    ['', 'answered', numberCell(predicted, 0), bar(predicted)],
  ]);
  return [
    safeText(`labels of ${model} on ${taskId}: ${items} items${read}; distance ${distance.toFixed(2)}, ${verdict}`),
    plainTable(['label', '', 'items', ''], rows),
  ].join('\n');
}
