import { launchesOf, owedPasses } from '../protocol.ts';
import { endStep, isOpen, passOrder, type RunState, type Step } from '../strategy.ts';

/**
 * All cells of one model: launch by launch, so that each cell's numbers come from several starts without starting the
 * engine for every task anew. A cell that fails doesn't stop the others.
 */
async function* runModel(state: RunState): AsyncGenerator<Step, void, void> {
  const { plan, store, jobs } = state;
  const launches = launchesOf(plan.suite);
  for (let launch = 0; launch < launches; launch += 1) {
    for (const job of jobs.values()) {
      if (state.isStopped) return;
      const owed = owedPasses(plan.suite, launch, await store.passResults(job.cell.id));
      const passes = owed.map((pass) => passOrder(pass, job, plan));
      if (passes.length > 0) yield { type: 'launch', job, launch, launches, passes };
      const isLast = launch === launches - 1 && !state.isStopped;
      if (job.failure !== undefined || isLast) yield endStep(job, job.failure, (measured) => measured);
    }
  }
}

/** Every cell in full, model by model, until none is left that nobody works on. */
export async function* fullRun(state: RunState): AsyncGenerator<Step, void, void> {
  const { plan, store, runId } = state;
  while (!state.isStopped) {
    for (const { spec } of plan.models) {
      if (state.isStopped) return;
      const cells = (await store.cells(runId)).filter((cell) => cell.model === spec.name && isOpen(cell));
      yield { type: 'claim', cells };
      yield* runModel(state);
    }
    const held = (await store.cells(runId)).filter((cell) => cell.state === 'running').length;
    if (held === 0) return;
    yield { type: 'wait', cells: held };
  }
}
