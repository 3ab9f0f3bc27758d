import { addEstimates, type DurationEstimate, estimateCell, type CellSpeed } from '../run/estimate-duration.ts';
import type { RunPlan } from '../run/plan.ts';

/** How many items of each task fit into a time. */
export interface BudgetFit {
  readonly items: number;
  readonly estimate: DurationEstimate;
  /** Even the fewest items take longer. */
  readonly isOver: boolean;
  readonly isAll: boolean;
}

/** Time of the whole run with so many items of each task. */
export function estimateRun(
  plan: RunPlan,
  speeds: readonly CellSpeed[],
  loadMs: number,
  items: number,
): DurationEstimate {
  const sizes = new Map(plan.tasks.map(({ task, order }) => [task.id, Math.min(items, order.length)]));
  const cells = speeds.map((speed) => estimateCell(plan.suite, speed, sizes.get(speed.taskId) ?? items));
  return addEstimates([...cells, { ms: loadMs, lowMs: loadMs, highMs: loadMs }]);
}

/**
 * The largest number of items, the same for every task, with which the run most likely ends in time.
 *
 * @param budgetMs what is left of the time
 * @param loadMs starting all engines
 * @param least never fewer, even if that takes longer
 */
export function fitBudget(
  plan: RunPlan,
  speeds: readonly CellSpeed[],
  loadMs: number,
  budgetMs: number,
  least: number,
): BudgetFit {
  const most = Math.max(...plan.tasks.map(({ order }) => order.length));
  let items = Math.min(least, most);
  while (items < most && estimateRun(plan, speeds, loadMs, items + 1).highMs <= budgetMs) items += 1;
  const estimate = estimateRun(plan, speeds, loadMs, items);
  return { items, estimate, isOver: estimate.highMs > budgetMs, isAll: items === most };
}
