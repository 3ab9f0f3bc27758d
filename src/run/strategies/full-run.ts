import { launchesOf, owedPasses } from '../protocol.ts';
import { endStep, isOpen, passOrder, type RunState, type Step } from '../strategy.ts';
import { answerSplitItems } from './split-items.ts';
import type { PlannedModel } from '../plan.ts';

type Steps = AsyncGenerator<Step, void, void>;

/** What is owed of one launch of a model: its cells share the start. A cell that fails doesn't stop the others. */
export async function* runLaunch(state: RunState, model: PlannedModel, launch: number): Steps {
  const { plan, store, jobs } = state;
  const launches = launchesOf(plan.suite);
  const own = jobs
    .values()
    .filter((job) => job.model === model)
    .toArray();
  for (const job of own) {
    if (state.isStopped) return;
    const owed = owedPasses(plan.suite, launch, await store.passResults(job.cell.id));
    if (owed.includes('accuracy')) yield* answerSplitItems(state, job);
    const passes = owed.map((pass) => passOrder(pass, job, plan));
    if (passes.length > 0 && job.failure === undefined && !state.isStopped)
      yield { type: 'launch', job, launch, launches, passes };
    const isLast = launch === launches - 1 && !state.isStopped;
    if (job.failure !== undefined || isLast) yield endStep(job, job.failure, (measured) => measured);
  }
}

/** Claims a model that nobody works on, and starts it; then the next one, in the order of the suite. */
async function* firstRound(state: RunState): Steps {
  const { plan, store, runId } = state;
  for (const model of plan.models) {
    if (state.isStopped) return;
    const cells = (await store.cells(runId)).filter((cell) => cell.model === model.spec.name && isOpen(cell));
    yield { type: 'claim', cells };
    yield* runLaunch(state, model, 0);
  }
}

/**
 * Every cell in full, until none is left that nobody works on: the first launch of each model, then the second of each,
 * and so on, so that a machine that grows slower with time is no difference between models. Every other round goes back
 * the way that the one before it came.
 *
 * Of several processes each goes its rounds with the models that it has claimed.
 */
export async function* fullRun(state: RunState): Steps {
  const { plan, store, runId } = state;
  while (!state.isStopped) {
    yield* firstRound(state);
    for (let launch = 1; launch < launchesOf(plan.suite); launch += 1) {
      for (const model of launch % 2 === 0 ? plan.models : plan.models.toReversed()) {
        yield* runLaunch(state, model, launch);
      }
    }
    if (state.isStopped) return;
    const held = (await store.cells(runId)).filter((cell) => cell.state === 'running').length;
    if (held === 0) return;
    yield { type: 'wait', cells: held };
  }
}
