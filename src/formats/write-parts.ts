/** What writers of several formats share: which cells they write, names of files, totals over samples. */
import { valueOf } from '../scoring/scoreboard.ts';
import type { StoredCell } from './format.ts';

/** Whether a cell has a result that other programs have a place for. */
export function hasAccuracy({ cell }: StoredCell): boolean {
  return cell.state === 'done' && valueOf(cell.measurements.accuracy) !== undefined;
}

/** `2026-11-24T16-30-12.000000`, as lm-eval names its files; UTC. */
export function fileStamp(createdAtMs: number): string {
  return `${new Date(createdAtMs).toISOString().slice(0, 23).replaceAll(':', '-')}000`;
}

/** The content of a file that is one text. */
export async function* wholeText(text: string): AsyncGenerator<string> {
  yield text;
}

/** 1 of `gsm8k/per@2`, `0a1b2c3d` of `tickets/own@0a1b2c3d`. */
export function taskVersion(taskId: string): number | string {
  const version = /@([0-9a-f]+)$/u.exec(taskId)?.[1] ?? '0';
  return version.length === 8 ? version : Number(version);
}

/** What the score of one answer is called where the headline is `metric`: macro F1 is only of all answers. */
export function itemMetric(metric: string): string {
  return metric === 'macro_f1' ? 'acc' : metric;
}

/** Where the data sets of perbench's tasks are published on the Hugging Face hub. */
const hubDatasets: Readonly<Record<string, { readonly id: string; readonly task: string }>> = {
  imdb: { id: 'stanfordnlp/imdb', task: 'imdb' },
  hellaswag: { id: 'Rowan/hellaswag', task: 'hellaswag' },
  arc_easy: { id: 'allenai/ai2_arc', task: 'ARC-Easy' },
  squad2: { id: 'rajpurkar/squad_v2', task: 'squad_v2' },
  gsm8k: { id: 'openai/gsm8k', task: 'gsm8k' },
};

/** `gsm8k` of `gsm8k/per@2`. */
export function datasetOf({ cell: { taskId } }: StoredCell): string {
  return taskId.split('/')[0] ?? taskId;
}

/** The data set on the hub that a cell was measured on; undefined for built-in items and data of the user's own. */
export function hubDatasetOf(stored: StoredCell): { readonly id: string; readonly task: string } | undefined {
  const { run, cell, task } = stored;
  const isOther = task?.dataset?.source === 'builtin' || run.manifest.tasks[cell.taskId]?.own !== undefined;
  return isOther ? undefined : hubDatasets[datasetOf(stored)];
}

/** Mean and standard error of each metric over the rows of a task, as lm-eval gives them. */
export class MetricTotals {
  readonly #totals = new Map<string, { n: number; mean: number; squares: number }>();

  add(metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) {
      const total = this.#totals.get(name) ?? { n: 0, mean: 0, squares: 0 };
      // Welford's update: a sum of squares would lose what lies between close values.
      total.n += 1;
      const before = value - total.mean;
      total.mean += before / total.n;
      total.squares += before * (value - total.mean);
      this.#totals.set(name, total);
    }
  }

  rows(name: string): number {
    return this.#totals.get(name)?.n ?? 0;
  }

  /** Sample standard deviation divided by the root of n; undefined for fewer than two rows. */
  standardError(name: string): number | undefined {
    const total = this.#totals.get(name);
    if (total === undefined || total.n < 2) return undefined;
    return Math.sqrt(total.squares / (total.n - 1) / total.n);
  }
}
