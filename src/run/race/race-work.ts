import { FencedError, StoreError, UsageError } from '../../core/errors.ts';
import { verdictOf } from '../../stats/race/certificate.ts';
import { judged, type RaceStep } from '../../stats/race/race-setup.ts';
import { checkCell } from '../cell-job.ts';
import { isInterruption } from '../model-session.ts';
import { askOneByOne, askUntilDecided, measureLaunch } from './race-passes.ts';
import { changedAnswers, laneOf, type RaceState, refresh } from './race-state.ts';
import { closeLane, settleVerdict } from './settle-verdict.ts';

export type WorkStep = Exclude<RaceStep, { readonly type: 'end' }>;

async function perform(state: RaceState, step: WorkStep): Promise<void> {
  const { context, leases } = state.world;
  const lane = laneOf(state, step.model);
  const { job } = lane;
  const entrant = state.entrants.get(step.model);
  // Its cell has ended, so it was decided: it can't be asked for more.
  if (job === undefined || entrant === undefined) throw changedAnswers(step.model);
  const lost = leases.lostSignal(job.claim);
  const launch = step.type === 'launch' ? step.launch : 0;
  const model = await state.engine.open(lane, launch);
  await checkCell(context, job, model, lane.plannedModel);
  const stopSignal = AbortSignal.any([context.dependencies.signal, lost]);
  const forceSignal = AbortSignal.any([context.forceSignal, lost]);
  const turn = { context, lane, job, model, launch, stopSignal, forceSignal };
  if (step.type === 'launch') await measureLaunch(turn);
  else if (step.type === 'items') await askUntilDecided(turn, step.gate, entrant);
  else await askOneByOne(turn, entrant);
  if (lost.aborted) throw lost.reason;
}

/** An engine that broke ends its model's race; what was decided about others stays. */
async function fail(state: RaceState, { model }: WorkStep, error: unknown): Promise<void> {
  await state.engine.close();
  const entrant = await refresh(state, model);
  const reason = error instanceof Error ? error.message : String(error);
  const n = entrant.scores.length;
  // A finalist that broke in a later launch is still judged by what it has.
  const isJudged = n === state.setup.items && entrant.launches.length > 0;
  const verdict = verdictOf(judged(entrant, isJudged ? 'full' : 'failed', reason, { n }), [], state.setup);
  if (isJudged) await closeLane(state, verdict, error);
  else await settleVerdict(state, verdict, error);
}

/**
 * Does what a race asks for next, and reads what came of it.
 *
 * @throws {StoreError | FencedError} if nothing more can be kept
 * @throws {UsageError} if the stored answers were changed
 */
export async function workOnRace(state: RaceState, step: WorkStep): Promise<void> {
  try {
    await perform(state, step);
  } catch (error) {
    if (state.world.context.dependencies.signal.aborted && isInterruption(error)) return;
    if (error instanceof StoreError || error instanceof FencedError || error instanceof UsageError) throw error;
    await fail(state, step, error);
  }
  await refresh(state, step.model);
}
