import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { Thinking } from '../core/engine.ts';
import { classOfMachine } from '../core/hardware-class.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Store, StoredScore } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import { fieldPrefix, type ItemScore, type Task } from '../core/task.ts';
import { cellMeasurements, type CellRecords } from '../metrics/cell-measurements.ts';
import { createLabelCounter } from '../metrics/label-shares.ts';

/** Collects scores as they stream by; an item without a metric counts as 0 in it. */
async function collectScores(
  scores: AsyncIterable<StoredScore>,
  task: Task,
): Promise<Pick<CellRecords, 'scored' | 'metrics'>> {
  const sums = new Map<string, number>();
  const all: ItemScore[] = [];
  const values: number[] = [];
  const clusters: string[] = [];
  const labels = createLabelCounter();
  const gold: string[] = [];
  const predicted: (string | undefined)[] = [];
  for await (const score of scores) {
    values.push(score.value);
    if (task.category === 'classification') labels.add(score);
    if (task.labels !== undefined) {
      gold.push(String(score.detail?.['gold'] ?? score.expected));
      predicted.push(labelIn(score));
    }
    if (score.cluster !== undefined) clusters.push(score.cluster);
    for (const [name, value] of Object.entries(score.metrics)) {
      // Not every item has each field: reports count them over those that do.
      if (!name.startsWith(fieldPrefix)) sums.set(name, (sums.get(name) ?? 0) + value);
    }
    if (task.summarise !== undefined) all.push(score);
  }
  const means = Object.fromEntries(Array.from(sums, ([name, sum]) => [name, sum / values.length]));
  return {
    scored: {
      scores: values,
      clusters: clusters.length === values.length ? clusters : undefined,
      labels: labels.shares(),
      ...(task.labels !== undefined && { answers: { gold, predicted } }),
    },
    metrics: { ...means, ...(all.length > 0 ? task.summarise?.(all) : undefined) },
  };
}

/** The label that was read; undefined where none was, or the item failed. */
function labelIn({ isUnparsed, detail, answer }: ItemScore): string | undefined {
  const label = detail?.['predicted'] ?? answer;
  return isUnparsed || label === undefined ? undefined : String(label);
}

/** What a cell's records are read by. */
export interface MeasuredCell {
  readonly task: Task;
  readonly suite: Suite;
  /** What became of the model's setting; undefined where nobody knows. */
  readonly thinking: Thinking | undefined;
  /** Which machines worked on the run; undefined where only one could. */
  readonly machines?: Pick<Manifest, 'host' | 'hardwareClass' | 'machines'> | undefined;
}

/** Times of a machine that isn't like the run's others can't be compared with theirs, unless the suite wants both. */
function onOtherHardware(result: PassResult, { suite, machines }: MeasuredCell): PassResult {
  const { hostname, pass, warnings } = result;
  const wanted = suite.hosts === undefined ? machines?.hardwareClass : undefined;
  if (machines === undefined || wanted === undefined || hostname === undefined || pass === 'accuracy') return result;
  const own = classOfMachine(machines, hostname);
  if (own === undefined || own === wanted) return result;
  const detail = `measured on ${own}, while the run is measured on ${wanted}`;
  return { ...result, warnings: [...warnings, { reason: 'other_hardware', detail }] };
}

export async function measureCell(
  store: Pick<Store, 'sampleSummary' | 'passResults' | 'scores'>,
  cellId: string,
  measured: MeasuredCell,
): Promise<CellMeasurements> {
  const { task, suite, thinking } = measured;
  const summary = await store.sampleSummary(cellId);
  const passResults = (await store.passResults(cellId)).map((result) => onOtherHardware(result, measured));
  const collected = await collectScores(store.scores(cellId), task);
  const { protocol, pricePerHour } = suite;
  return cellMeasurements({ task, protocol, summary, ...collected, passResults, pricePerHour, thinking });
}
