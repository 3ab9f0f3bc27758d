import { nowMs } from '../../core/clock.ts';
import type { PlannedModel, PlannedTask, RunPlan } from '../plan.ts';
import { type CellJob, endStep, isOpen, type PassTime, type RunState, type Step, type Strategy } from '../strategy.ts';

type Steps<Result = void> = AsyncGenerator<Step, Result, void>;

/** Fewer items say little: a task takes longer than its part of the time rather than ask fewer. */
const leastItems = 10;
/** Fewer items say nothing: not even if all are right, where guessing is right half of the time. */
const fewestItems = 5;
/** The part of the time that tasks are planned into: models may be slower than the ones before let expect. */
const plannedPart = 0.92;
/** What was begun may take longer than the time rather than be cut to a few items. */
const latestPart = 1.1;

/** What the tasks before took, in wall time: their loads too. */
class Pace {
  #spentMs: ReadonlyMap<string, number>;
  readonly #itemsMs: number[] = [];

  constructor(models: RunPlan['models']) {
    const sizes = models.map(({ facts }) => facts.fileBytes ?? 0);
    const mean = sizes.reduce((sum, each) => sum + each, 0) / sizes.length;
    // Until something is known: half as unequal as they are large.
    this.#spentMs = new Map(models.map(({ spec }, index) => [spec.name, 1 + mean + (sizes[index] ?? 0)]));
  }

  /** The part of the first of these models in the time that they need together. */
  shareOfFirst(jobs: readonly CellJob[]): number {
    const spent = jobs.map(({ cell }) => this.#spentMs.get(cell.model) ?? 1);
    return (spent[0] ?? 1) / spent.reduce((sum, each) => sum + each, 0);
  }

  /** Takes in a task that every model has answered. */
  learn(spentMs: ReadonlyMap<string, number>, items: number): void {
    const before = this.#itemsMs.length === 0 ? undefined : this.#spentMs;
    this.#spentMs = new Map(Array.from(spentMs, ([model, ms]) => [model, ms + (before?.get(model) ?? 0)]));
    this.#itemsMs.push(Array.from(spentMs.values()).reduce((sum, each) => sum + each, 0) / items);
  }

  /** Whether enough items of another task may be expected in so much time. */
  isWorth(leftMs: number): boolean {
    const tasks = this.#itemsMs.length;
    return tasks === 0 || leftMs > (fewestItems * this.#itemsMs.reduce((sum, each) => sum + each, 0)) / tasks;
  }
}

/** Ends the cells of tasks for which the time is too short, and has the run say so once. */
async function* leaveOut(jobs: readonly CellJob[]): Steps {
  const tasks = [...new Set(jobs.map(({ cell }) => cell.taskId))];
  if (tasks.length === 0) return;
  yield {
    type: 'note',
    change: (manifest) => ({ ...manifest, leftOut: [...(manifest.leftOut ?? []), ...tasks] }),
    event: undefined,
  };
  for (const job of jobs)
    yield { type: 'end', job, state: 'unavailable', error: undefined, tell: (measured) => measured };
}

/** Until when a task is to be done, until when at most, and until when what was begun is carried on. */
interface TaskEnds {
  readonly slotMs: number;
  readonly plannedMs: number;
  readonly latestMs: number;
}

/**
 * One task: its first model answers as many items as fit into the model's part of the time, the others the same items. A
 * model for which even they take too long ends earlier, and those after it with it.
 *
 * @returns false where the time was too short for it
 */
async function* runTask(
  state: RunState,
  planned: PlannedTask,
  jobs: readonly CellJob[],
  pace: Pace,
  ends: TaskEnds,
): Steps<boolean> {
  const whole = planned.order.length;
  const ended = (await state.store.cells(state.runId)).filter(
    (cell) => cell.taskId === planned.task.id && cell.state === 'done',
  );
  let items = Math.min(whole, ...ended.map((cell) => cell.items));
  let isChosen = ended.length > 0;
  const spentMs = new Map<string, number>();
  for (const [index, job] of jobs.entries()) {
    const startMs = nowMs();
    const share = pace.shareOfFirst(jobs.slice(index));
    const ownPart = (endMs: number): number => startMs + (endMs - startMs) * share;
    const endAtMs = ownPart(isChosen ? ends.latestMs : ends.plannedMs);
    const enoughAtMs = isChosen ? endAtMs : ownPart(ends.slotMs);
    // What an earlier attempt answered stays, so it is asked again.
    const { items: answered } = await state.store.sampleSummary(job.cell.id);
    const least = isChosen ? items : Math.min(items, Math.max(leastItems, answered));
    const time: PassTime = { enoughAtMs, least, endAtMs };
    const order = planned.order.slice(0, items);
    // Without a warm-up, which takes as long as several items: a load has read the weights into memory.
    yield { type: 'pass', job, launch: 0, launches: 1, passes: [{ pass: 'accuracy', order, gate: undefined, time }] };
    if (state.isStopped) return true;
    if (job.failure === undefined) {
      const passes = await state.store.passResults(job.cell.id);
      const asked = passes.findLast(({ pass }) => pass === 'accuracy')?.requests ?? items;
      const endedMs = nowMs();
      // The first model may have taken longer than it should: then the others answer fewer.
      const itemMs = ((endedMs - startMs) * (1 - share)) / share / asked;
      const fit = isChosen || itemMs === 0 ? asked : Math.floor((ends.latestMs - endedMs) / itemMs);
      if (!isChosen && Math.min(asked, fit) < Math.min(fewestItems, items)) return false;
      if (asked < whole) yield { type: 'items', job, items: asked };
      items = Math.min(asked, fit);
      isChosen = true;
      spentMs.set(job.cell.model, endedMs - startMs);
    }
    yield endStep(job, job.failure, (measured) => measured);
  }
  if (spentMs.size === state.plan.models.length) pace.learn(spentMs, items);
  return true;
}

function jobsOf(state: RunState, tasks: readonly PlannedTask[], models: readonly PlannedModel[]): readonly CellJob[] {
  const own = Array.from(state.jobs.values());
  return tasks.flatMap((planned) =>
    models.flatMap((model) => own.filter((job) => job.planned === planned && job.model === model)),
  );
}

/**
 * As many items of each task as fit into a time, the same for all models. Task by task, so that each can be reported as
 * soon as its models have answered; the model that is loaded goes first, so that few have to be started anew.
 *
 * Every task gets the same part of what is left of the time.
 */
export function timedRun(limitMs: number): Strategy {
  return async function* (state) {
    const { plan, store, runId } = state;
    const begunMs = nowMs();
    const plannedMs = begunMs + plannedPart * limitMs;
    const latestMs = begunMs + latestPart * limitMs;
    const pace = new Pace(plan.models);
    let models = plan.models;
    while (!state.isStopped) {
      yield { type: 'claim', cells: (await store.cells(runId)).filter(isOpen) };
      for (const [index, planned] of plan.tasks.entries()) {
        const jobs = jobsOf(state, [planned], models);
        if (jobs.length === 0) continue;
        const startMs = nowMs();
        const slotMs = startMs + (plannedMs - startMs) / (plan.tasks.length - index);
        const ends = { slotMs, plannedMs, latestMs };
        const isDone = pace.isWorth(plannedMs - startMs) && (yield* runTask(state, planned, jobs, pace, ends));
        if (state.isStopped) return;
        if (!isDone) {
          yield* leaveOut(jobsOf(state, plan.tasks.slice(index), models));
          break;
        }
        models = models.toReversed();
      }
      const held = (await store.cells(runId)).filter((cell) => cell.state === 'running').length;
      if (held === 0) return;
      yield { type: 'wait', cells: held };
    }
  };
}
