import { join } from 'node:path';
import { FencedError } from '../../core/errors.ts';
import type { RaceCertificate } from '../../core/race.ts';
import { createCertificate, verdictOf } from '../../stats/race/certificate.ts';
import { openCandidates } from '../../stats/race/open-candidates.ts';
import type { RaceStanding } from '../../stats/race/race-setup.ts';
import { replayRace } from '../../stats/race/replay-race.ts';
import type { JobContext } from '../cell-job.ts';
import { createLeaseKeeper } from '../lease-keeper.ts';
import { createManifestKeeper, withFirstPrompt } from '../manifest-keeper.ts';
import { defaultLeaseMs } from '../plan.ts';
import type { RunWork } from '../run-suite.ts';
import { changeRace, openRace, readRace, type RaceWorld } from './open-race.ts';
import { createRaceState, entrantsInOrder, laneOf, type RaceState, refresh } from './race-state.ts';
import { workOnRace } from './race-work.ts';
import { settleVerdict } from './settle-verdict.ts';

async function certify(state: RaceState, standing: RaceStanding): Promise<RaceCertificate> {
  const { world, record, setup } = state;
  const { suite } = world.context.plan;
  const { task, items } = world.planned;
  const { cluster } = task;
  const certificate = createCertificate(standing, entrantsInOrder(state), setup, {
    taskId: task.id,
    questionSha256: record.questionSha256,
    score: record.score?.version ?? null,
    seed: suite.seed,
    launchesOfFull: suite.launches,
    clusters: cluster && items.map((item) => cluster(item)),
  });
  for (const verdict of certificate.models) await settleVerdict(state, verdict);
  await changeRace(world, (stored) => {
    const { open: _, ...rest } = stored;
    return { ...rest, certificate };
  });
  return certificate;
}

/** Notes where a race stands that was told to stop. */
async function noteOpen(state: RaceState): Promise<void> {
  for (const { model } of state.record.entrants) await refresh(state, model);
  const entrants = entrantsInOrder(state);
  const standing = replayRace(entrants, state.setup);
  // Decided with the last answer: the next start has nothing to do but to certify it.
  if (standing.step.type === 'end') return;
  const open = openCandidates(standing, entrants, state.setup);
  await changeRace(state.world, (task) => ({ ...task, open }));
}

/** Goes on from what is stored until the question is decided, or the run is told to stop. */
async function raceOneTask(state: RaceState): Promise<void> {
  const { emit, dependencies } = state.world.context;
  for (const { model } of state.record.entrants) await refresh(state, model);
  while (!dependencies.signal.aborted) {
    const standing = replayRace(entrantsInOrder(state), state.setup);
    const { step } = standing;
    if (step.type === 'end') {
      emit({ type: 'certificate', certificate: await certify(state, standing) });
      return;
    }
    for (const judgement of standing.judgements) {
      const isOpen = laneOf(state, judgement.entrant.model).job !== undefined;
      if (judgement.isFinal && isOpen) await settleVerdict(state, verdictOf(judgement, [], state.setup));
    }
    await workOnRace(state, step);
  }
  await noteOpen(state);
}

/** Gives back the cells that are still open, so that another start finds them free. */
async function release({ world, lanes, engine }: RaceState): Promise<void> {
  await engine.close();
  for (const lane of lanes.values()) {
    const { job } = lane;
    if (job === undefined) continue;
    lane.job = undefined;
    world.leases.drop(job.claim);
    try {
      await world.context.dependencies.store.releaseCell(job.claim);
    } catch (error) {
      // Somebody else has it already.
      if (!(error instanceof FencedError)) throw error;
    }
  }
}

/** Runs the race of each task of a run to its certificate, one after the other. */
export const runRace: RunWork = async ({ plan, dependencies, runId }, emit, forceSignal) => {
  const leaseMs = dependencies.leaseMs ?? defaultLeaseMs;
  using leases = createLeaseKeeper(dependencies.store, leaseMs);
  const manifest = createManifestKeeper(dependencies, runId);
  const { logFolder } = dependencies;
  const context: JobContext = {
    plan,
    dependencies: { ...dependencies, ...(logFolder !== undefined && { logFolder: join(logFolder, runId) }) },
    leaseMs,
    forceSignal,
    emit,
    onFirstPrompt: (job, prompt) => void manifest.change((stored) => withFirstPrompt(stored, job, prompt)),
  };
  for (const planned of plan.tasks) {
    if (dependencies.signal.aborted) break;
    const world: RaceWorld = { context, runId, planned, leases, manifest };
    const opened = await openRace(world);
    if (opened === undefined) continue;
    const state = createRaceState(world, await readRace(world), opened);
    try {
      await raceOneTask(state);
    } finally {
      await release(state);
    }
  }
  await manifest.written();
};
