import { nearestName } from '../core/nearest-name.ts';
import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';
import type { ScoreboardCell } from './scoreboard.ts';

export interface JoinedCells {
  readonly cells: readonly ScoreboardCell[];
  /** What was joined to what, and what found no partner; one sentence each. */
  readonly notes: readonly string[];
}

/** What a cell says about its speed and memory: all but accuracy and the other metrics of its task. */
function performanceOf({ measurements }: ScoreboardCell): CellMeasurements {
  const known = Object.entries(measurements).filter(
    (entry): entry is [string, Measurement] =>
      !['accuracy', 'extra'].includes(entry[0]) && 'status' in entry[1] && entry[1].status !== 'unavailable',
  );
  return Object.fromEntries<Measurement>(known);
}

function hasPerformance(cell: ScoreboardCell): boolean {
  return (['throughput', 'latency', 'memory'] as const).some((factor) => performanceOf(cell)[factor] !== undefined);
}

/** `gsm8k` of `gsm8k/per@2`: tasks on one data set ask about the same items. */
function datasetOf(taskId: string): string {
  return taskId.split('/')[0] ?? taskId;
}

type Found = { readonly partner: ScoreboardCell } | { readonly problem: string };

function findPartner(cell: ScoreboardCell, performance: readonly ScoreboardCell[]): Found {
  const own = performance.filter(({ model }) => model === cell.model);
  if (own.length === 0) {
    const models = [...new Set(performance.map(({ model }) => model))];
    const near = nearestName(cell.model, models);
    const hint =
      near === undefined ? (models.length === 0 ? '' : `; known: ${models.join(', ')}`) : `: did you mean "${near}"?`;
    return { problem: `No speed and memory found for ${cell.model}${hint}` };
  }
  const exact = own.find(({ taskId }) => taskId === cell.taskId);
  // A table without a column for tasks is about all of them.
  const [only, ...others] = own.filter(
    ({ taskId }) => taskId === 'table' || datasetOf(taskId) === datasetOf(cell.taskId),
  );
  if (exact !== undefined) return { partner: exact };
  const tasks = own.map(({ taskId }) => taskId).join(', ');
  if (only === undefined)
    return { problem: `No speed and memory found for ${cell.model} on ${cell.taskId}; known: ${tasks}` };
  if (others.length > 0)
    return {
      problem: `Speed and memory of ${cell.model} on ${cell.taskId} could come from ${tasks}: choose one with --task`,
    };
  return { partner: only };
}

/**
 * Gives cells that have only an accuracy, such as imported ones, the speed and memory that another run or table has of
 * the same model: on the same task, else on the only other task with the same data set.
 *
 * @param performance where speed and memory come from; its own accuracies are not used
 */
export function joinPerformance(cells: readonly ScoreboardCell[], performance: readonly ScoreboardCell[]): JoinedCells {
  const useful = performance.filter((cell) => cell.state === 'done' && hasPerformance(cell));
  const notes: string[] = [];
  const otherTasks = new Map<string, string[]>();
  const joined = cells.map((cell): ScoreboardCell => {
    if (hasPerformance(cell)) return cell;
    const found = findPartner(cell, useful);
    if ('problem' in found) {
      notes.push(found.problem.endsWith('?') ? found.problem : `${found.problem}.`);
      return cell;
    }
    const { partner } = found;
    if (partner.taskId !== cell.taskId && partner.taskId !== 'table') {
      const pair = `Speed and memory for ${cell.taskId} were measured on ${partner.taskId}, whose prompts and answers differ in length`;
      otherTasks.set(pair, [...(otherTasks.get(pair) ?? []), cell.model]);
    }
    return {
      ...cell,
      protocol: partner.protocol,
      measurements: { ...cell.measurements, ...performanceOf(partner) },
    };
  });
  for (const [pair, models] of otherTasks) notes.push(`${pair} (${[...new Set(models)].join(', ')}).`);
  return { cells: joined, notes: [...new Set(notes)] };
}
