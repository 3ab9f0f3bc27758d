import type { Cell } from '../../core/cell.ts';
import type { RaceEntrantFacts } from '../../core/race.ts';
import type { CellJob } from '../cell-job.ts';
import { shuffledOrder } from '../item-order.ts';
import type { PlannedModel, PlannedTask, RunPlan } from '../plan.ts';

/** One model in the race of one task. */
export interface RaceLane {
  readonly facts: RaceEntrantFacts;
  readonly plannedModel: PlannedModel;
  readonly planned: PlannedTask;
  readonly cell: Cell;
  /** The model's own order of the items, drawn before the first of them is asked. */
  readonly order: readonly number[];
  /** Claimed; undefined once the cell has ended. */
  job: CellJob | undefined;
}

/** Positions of a task's items in the order of one model: decided by seed, task and weights alone. */
function ownOrder({ order, task }: PlannedTask, { facts }: PlannedModel, seed: number): readonly number[] {
  return shuffledOrder(order, seed, 'race', task.id, facts.fileSha256 ?? facts.source);
}

export function createLane(
  plan: RunPlan,
  planned: PlannedTask,
  facts: RaceEntrantFacts,
  cells: readonly Cell[],
): RaceLane {
  const plannedModel = plan.models.find(({ spec }) => spec.name === facts.model);
  const cell = cells.find(({ model, taskId }) => model === facts.model && taskId === planned.task.id);
  if (plannedModel === undefined || cell === undefined) throw new Error(`the run has no cell for ${facts.model}`);
  return {
    facts,
    plannedModel,
    planned,
    cell,
    order: ownOrder(planned, plannedModel, plan.suite.seed),
    job: undefined,
  };
}
