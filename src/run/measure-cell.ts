import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import type { ItemScore, Task } from '../core/task.ts';
import { cellMeasurements } from '../metrics/cell-measurements.ts';

/** Sums metric values over items as they stream by; an item without a metric counts as 0 in it. */
export async function collectMetrics(
  scores: AsyncIterable<ItemScore>,
  task: Task,
): Promise<Readonly<Record<string, number>>> {
  const sums = new Map<string, number>();
  const all: ItemScore[] = [];
  let items = 0;
  for await (const score of scores) {
    items += 1;
    for (const [name, value] of Object.entries(score.metrics)) sums.set(name, (sums.get(name) ?? 0) + value);
    if (task.summarise !== undefined) all.push(score);
  }
  const means = Object.fromEntries(Array.from(sums, ([name, sum]) => [name, sum / items]));
  return { ...means, ...(items > 0 ? task.summarise?.(all) : undefined) };
}

/** A cell's measurements from what the store has of it: samples and finished passes. */
export async function measureCell(store: Store, cellId: string, task: Task, suite: Suite): Promise<CellMeasurements> {
  const summary = await store.sampleSummary(cellId);
  const passResults: readonly PassResult[] = await store.passResults(cellId);
  const metrics = await collectMetrics(store.scores(cellId), task);
  return cellMeasurements({ task, protocol: suite.protocol, summary, metrics, passResults });
}
