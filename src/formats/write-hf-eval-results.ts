import { stringify } from 'yaml';
import { fileNames, safeFileName } from '../core/file-names.ts';
import { valueOf } from '../scoring/scoreboard.ts';
import type { FormatFile, StoredCell } from './format.ts';
import { hasAccuracy, hubDatasetOf, wholeText } from './write-parts.ts';

/** Percent with the digits that a share of that many items can have. */
function percent(share: number): number {
  return Number((100 * share).toFixed(4));
}

function entryOf({ run, cell, task }: StoredCell, hub: { readonly id: string; readonly task: string }): object {
  const { accuracy } = cell.measurements;
  const { n, interval } = accuracy === undefined || accuracy.status === 'unavailable' ? {} : accuracy;
  const facts = run.manifest.models[cell.model];
  const notes = [
    `${cell.taskId}, ${task?.metric ?? 'accuracy'} of ${n} items`,
    interval && `95 % interval ${percent(interval.low)} to ${percent(interval.high)}`,
    facts?.quantisation,
    `perbench ${run.manifest.perbenchVersion}`,
  ];
  return {
    dataset: { id: hub.id, task_id: hub.task },
    value: percent(valueOf(accuracy) ?? 0),
    date: new Date(run.createdAtMs).toISOString().slice(0, 10),
    notes: notes.filter((note) => note !== undefined).join('; '),
  };
}

/**
 * `.eval_results/*.yaml` for model repositories on the Hugging Face hub: a folder for each model, a file for each task,
 * values in percent. Tasks on data sets that aren't on the hub, the mini set among them, are left out.
 */
export async function* writeHubEvalResults(cells: readonly StoredCell[]): AsyncGenerator<FormatFile> {
  const folderOf = fileNames();
  for (const stored of cells.filter(hasAccuracy)) {
    const { cell } = stored;
    const hub = hubDatasetOf(stored);
    if (hub === undefined) continue;
    const path = `${folderOf(cell.model)}/.eval_results/${safeFileName(cell.taskId)}.yaml`;
    yield { path, content: wholeText(stringify([entryOf(stored, hub)])) };
  }
}
