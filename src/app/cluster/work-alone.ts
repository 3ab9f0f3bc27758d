import type { RunEvent } from '../../core/event.ts';
import type { Claim, RunRecord } from '../../core/store.ts';
import { LeaseKeeper } from '../../run/claims.ts';
import { openRun } from '../../run/open-run.ts';
import type { RunPlan } from '../../run/plan.ts';
import { runSuite } from '../../run/run.ts';
import { isOpen } from '../../run/strategy.ts';
import type { LocalContext } from '../local-context.ts';
import { prepareRun, withTimeLimit } from '../prepare-run.ts';
import { newRunSeed, runDependencies } from '../run-dependencies.ts';
import { suiteWithSecrets } from '../stored-data.ts';
import { joinRun, whyNotMeasuring } from './machine.ts';
import { settleRun } from './settle-run.ts';
import type { WorkerStart, WorkOptions, WorkOutcome } from './work-options.ts';

/**
 * Takes a whole run that can't be shared: one that answers a question asks by what all its models have answered, and one
 * within a time divides it among them. Others leave it.
 */
export async function* workAlone(
  { run, host, sign, leaseMs }: WorkerStart,
  context: LocalContext,
  { store, signal: given, framesDrawn = () => 0, skipWait, dataDir }: WorkOptions,
): AsyncGenerator<RunEvent, WorkOutcome, void> {
  const why = whyNotMeasuring(run, host);
  const leaving = { failedCells: 0, missing: [], isOtherHardware: why !== undefined };
  // Of several workers one has the first cell that is open, and with it the run: from then on it holds a cell of it always.
  const cell = (await store.cells(run.id)).find(isOpen);
  if (cell === undefined) {
    await sign.say('ended', 'nothing is left for it');
    return { ...leaving, isOtherHardware: false };
  }
  const isFree = why === undefined && (await store.openWork(run.id, leaseMs)).held === 0;
  const first = isFree ? await store.claimCell(cell.id, sign.id, leaseMs) : undefined;
  if (first === undefined) {
    const kind = run.manifest.race === undefined ? 'has a time for all' : 'answers a question';
    const message = `run ${run.id} ${kind}, so one worker does all of it: ${why ?? 'another one does'}`;
    yield { type: 'note', message };
    await sign.say(why === undefined ? 'ended' : 'failed', message);
    await settleRun(store, run.id, { leaseMs, own: sign.id });
    return leaving;
  }
  const signal = AbortSignal.any([given, sign.stopped]);
  await sign.say('working', 'the whole run');
  const used = { store, signal, leaseMs, framesDrawn, skipWait, owner: sign.id, hostname: host.hostname };
  const prepared = await whileHeld(first, used, async () => {
    const plan = await wholePlan(run, context, { signal, dataDir });
    const opened = await openRun(plan, store, { resumeId: run.id, ...newRunSeed() });
    await joinRun(store, run, host, true);
    return { plan, dependencies: await runDependencies(plan.suite, context, used), ...opened };
  });
  let failedCells = 0;
  for await (const event of runSuite({ ...prepared, claims: [first] })) {
    if (event.type === 'run-end') ({ failedCells } = event);
    yield event;
  }
  await sign.say('ended', signal.aborted ? 'stopped' : 'nothing is left for it');
  return { ...leaving, failedCells };
}

/** What comes of an action, while a claim is kept alive; it is given back where nothing comes of it. */
async function whileHeld<Result>(
  claim: Claim,
  { store, leaseMs }: Pick<WorkOptions, 'store'> & Pick<WorkerStart, 'leaseMs'>,
  action: () => Promise<Result>,
): Promise<Result> {
  using leases = new LeaseKeeper(store, leaseMs);
  leases.hold(claim);
  try {
    return await action();
  } catch (error) {
    await store.releaseCell(claim);
    throw error;
  }
}

async function wholePlan(
  run: RunRecord,
  context: LocalContext,
  { signal, dataDir }: Pick<WorkOptions, 'signal' | 'dataDir'>,
): Promise<RunPlan> {
  const { race, timeLimitMs } = run.manifest;
  const suite = suiteWithSecrets(run, context.environment ?? {});
  const own = { ...suite, ...(dataDir !== undefined && { dataDir }) };
  const plan = await prepareRun(own, context, signal, { stored: race, isStored: true });
  return timeLimitMs === undefined ? plan : withTimeLimit(plan, timeLimitMs);
}
