import type { RunEvent } from '../../core/event.ts';
import type { Store } from '../../core/store.ts';
import { LeaseKeeper } from '../../run/claims.ts';
import { openRun } from '../../run/open-run.ts';
import { runSuite } from '../../run/run.ts';
import { isOpen } from '../../run/strategy.ts';
import type { LocalContext } from '../local-context.ts';
import { prepareRun, withTimeLimit } from '../prepare-run.ts';
import { runDependencies } from '../run-dependencies.ts';
import { suiteWithSecrets } from '../stored-data.ts';
import { joinRun, whyNotMeasuring } from './machine.ts';
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
  const first = why === undefined ? await claimFirst(store, run.id, sign.id, leaseMs) : undefined;
  const leaving = { failedCells: 0, missing: [], isOtherHardware: why !== undefined };
  if (first === undefined) {
    const kind = run.manifest.race === undefined ? 'has a time for all' : 'answers a question';
    const message = `run ${run.id} ${kind}, so one worker does all of it: ${why ?? 'another one does'}`;
    yield { type: 'note', message };
    await sign.say(why === undefined ? 'ended' : 'failed', message);
    return leaving;
  }
  const signal = AbortSignal.any([given, sign.stopped]);
  await sign.say('working', 'the whole run');
  const leases = new LeaseKeeper(store, leaseMs);
  leases.hold(first);
  const suite = suiteWithSecrets(run, context.environment ?? {});
  const from = { stored: run.manifest.race, isStored: true };
  const prepared = await prepareRun({ ...suite, ...(dataDir !== undefined && { dataDir }) }, context, signal, from).finally(
    async () => {
      leases[Symbol.dispose]();
      await store.releaseCell(first);
    },
  );
  const { timeLimitMs } = run.manifest;
  const plan = timeLimitMs === undefined ? prepared : withTimeLimit(prepared, timeLimitMs);
  const opened = await openRun(plan, store, { resumeId: run.id, now: new Date(), random: Math.random });
  await joinRun(store, run, host, true);
  const dependencies = await runDependencies(plan.suite, context, {
    ...{ store, signal, leaseMs, framesDrawn, skipWait },
    owner: sign.id,
    hostname: host.hostname,
  });
  let failedCells = 0;
  for await (const event of runSuite({ plan, dependencies, ...opened })) {
    if (event.type === 'run-end') ({ failedCells } = event);
    yield event;
  }
  await sign.say('ended', signal.aborted ? 'stopped' : 'nothing is left for it');
  return { ...leaving, failedCells };
}

/** The first cell that is open, so that of several workers one has the run; undefined where another has it. */
async function claimFirst(store: Store, runId: string, owner: string, leaseMs: number) {
  const cell = (await store.cells(runId)).find(isOpen);
  return cell === undefined ? undefined : store.claimCell(cell.id, owner, leaseMs);
}
