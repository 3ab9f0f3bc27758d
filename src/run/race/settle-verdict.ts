import type { RaceVerdict } from '../../core/race.ts';
import { endLane } from './end-lane.ts';
import { changeRace } from './open-race.ts';
import { changedAnswers, laneOf, type RaceState } from './race-state.ts';

/** Ends a lane and gives up its claim. */
export async function closeLane(state: RaceState, verdict: RaceVerdict, error?: unknown): Promise<void> {
  const { context, leases } = state.world;
  const lane = laneOf(state, verdict.model);
  const claim = lane.job?.claim;
  await endLane(context, lane, verdict, error);
  if (claim !== undefined) leases.drop(claim);
}

/**
 * Stores a final verdict, ends its cell, and says so. After a crash the same verdict comes out of the same answers.
 *
 * @throws {UsageError} if another one is stored: somebody changed the answers
 */
export async function settleVerdict(state: RaceState, verdict: RaceVerdict, error?: unknown): Promise<void> {
  const { world, decided, engine } = state;
  const { model } = verdict;
  const lane = laneOf(state, model);
  const before = decided.get(model);
  if (before !== undefined) {
    if (before.status !== verdict.status || before.n !== verdict.n) throw changedAnswers(model);
    if (lane.job === undefined) return;
  }
  decided.set(model, verdict);
  // Before the cell ends: a crash in between leaves a decision that the next start confirms.
  await changeRace(world, (task) => ({
    ...task,
    decisions: [...task.decisions.filter((other) => other.model !== model), verdict],
  }));
  world.context.emit({ type: 'decision', cellId: lane.cell.id, verdict });
  await engine.close();
  await closeLane(state, verdict, error);
}
