import type { Cell } from '../core/cell.ts';
import type { Warning } from '../core/measurement.ts';
import { mergeWarnings } from '../metrics/launches.ts';
import type { ItemWork } from './cell-work.ts';
import { createSampleWriter } from './sample-writer.ts';

/**
 * Copies answers of cells of the same run and task whose models differ from this one in nothing that decides answers,
 * such as the number of threads: what they have answered needn't be asked again. A cell that isn't finished gives what it
 * has. The times of a copy are nobody's: this model didn't take them.
 *
 * Not under the paper protocol, which takes time from the same pass.
 *
 * @param order the items that are wanted, by position
 * @returns what is odd about those answers
 */
export async function takeAnswers(work: ItemWork, order: readonly number[]): Promise<readonly Warning[]> {
  const { job, suite, dependencies, leaseMs, stopSignal, onTaken } = work;
  const { store } = dependencies;
  const siblings = suite.protocol === 'paper' ? [] : await siblingsOf(work);
  if (siblings.length === 0) return [];
  const { task, items } = job.planned;
  const finished = await store.finishedItemIds(job.cell.id);
  const missing = new Set(order.map((position) => task.itemId(items[position])).filter((id) => !finished.has(id)));
  await using writer = createSampleWriter(store, job.claim, leaseMs);
  const isOver = (): boolean => stopSignal.aborted || missing.size === 0;
  for (const { id, model } of siblings) {
    if (isOver()) break;
    let taken = 0;
    for await (const sample of store.samples(id)) {
      if (isOver()) break;
      // An engine that broke says nothing of what this one does.
      if (sample.failure?.reason === 'engine' || !missing.delete(sample.itemId)) continue;
      await writer.add({ ...sample, times: undefined });
      taken += 1;
    }
    if (taken === 0) continue;
    await writer.flush();
    onTaken(model, taken);
  }
  const passes = (await Promise.all(siblings.map(async ({ id }) => store.passResults(id)))).flat();
  return mergeWarnings(passes.filter(({ pass }) => pass === 'accuracy')).filter(
    ({ reason }) => reason === 'odd_answers',
  );
}

/** Cells with the same content key, in the order of the run. */
async function siblingsOf({ job, dependencies }: ItemWork): Promise<readonly Cell[]> {
  const cells = await dependencies.store.cells(job.cell.runId);
  const key = cells.find(({ id }) => id === job.cell.id)?.key;
  return cells.filter((cell) => key !== undefined && cell.key === key && cell.id !== job.cell.id);
}
