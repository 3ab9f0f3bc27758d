import { FencedError, PerbenchError, StoreError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import { hardwareClassOf } from '../../core/hardware-class.ts';
import type { RunRecord, RunStatus, Store } from '../../core/store.ts';
import { defaultLeaseMs } from '../../core/store.ts';
import { isOpen } from '../../run/strategy.ts';
import type { LocalContext } from '../local-context.ts';
import { processName } from '../run-dependencies.ts';
import { fixEarlierClass, namedHost, whyNotMeasuring } from './machine.ts';
import { RunWorker } from './run-worker.ts';
import { workAlone } from './work-alone.ts';
import type { WorkerStart, WorkOptions, WorkOutcome } from './work-options.ts';
import { WorkerSign } from './worker-sign.ts';

const nothingMissing: WorkOutcome = { failedCells: 0, missing: [], isOtherHardware: false };

/**
 * Works on a run beside other workers, here and elsewhere: claims what this machine may do, does it as `run` would, claims
 * the next, and ends when nothing is left for it. Failed cells stay failed.
 *
 * Whoever wants all workers to end asks the store: it is looked at before anything else, and within a third of a lease.
 *
 * @throws {DataError | InvalidItemError | UsageError} if the data of the run can't be had here
 * @throws {StoreError} if results can no longer be stored
 */
export async function* workOnRun(
  run: RunRecord,
  context: LocalContext,
  options: WorkOptions,
): AsyncGenerator<RunEvent, WorkOutcome, void> {
  const { store, models, leaseMs = defaultLeaseMs } = options;
  const now = await store.getRun(run.id);
  if (now === undefined || now.isStopRequested) return yield* stoppedBefore(now ?? run, store);
  await fixEarlierClass(store, now);
  const host = namedHost(await context.hostFacts(), context.environment);
  const record = {
    id: processName(),
    runId: run.id,
    hostname: host.hostname,
    hardwareClass: hardwareClassOf(host),
    job: options.job,
    state: 'waiting',
    note: models === undefined ? undefined : `for ${models.join(', ')}`,
  } as const;
  await using sign = await WorkerSign.start(store, record, leaseMs);
  try {
    const clock = await sign.clockNote();
    if (clock !== undefined) yield { type: 'warning', message: clock };
    return yield* working({ run: (await store.getRun(run.id)) ?? now, host, sign, leaseMs }, context, options);
  } catch (error) {
    await sign.say('failed', reasonOf(error)).catch(() => undefined);
    throw error instanceof StoreError ? await store.rescue(error) : error;
  }
}

async function* stoppedBefore(run: RunRecord, store: Store): AsyncGenerator<RunEvent, WorkOutcome, void> {
  yield { type: 'note', message: `run ${run.id} was told to stop: nothing is done here` };
  yield* ended(run, store, true);
  return nothingMissing;
}

async function* working(
  start: WorkerStart,
  context: LocalContext,
  options: WorkOptions,
): AsyncGenerator<RunEvent, WorkOutcome, void> {
  const { run, sign } = start;
  const { race, timeLimitMs } = run.manifest;
  if (race !== undefined || timeLimitMs !== undefined) return yield* workAlone(start, context, options);
  const { store } = options;
  yield { type: 'run-start', runId: run.id, name: run.name, cells: await store.cells(run.id), isResumed: true };
  yield* startNotes(start, context, options);
  if (run.status !== 'running') await store.setRunStatus(run.id, 'running');
  const worker = await RunWorker.open(start, context, options);
  yield* worker.work();
  const outcome = await worker.outcome();
  const isMissing = outcome.missing.length > 0 || outcome.isOtherHardware;
  await sign.say(isMissing ? 'failed' : 'ended', worker.endNote(outcome));
  const isStopped = sign.stopped.aborted || (await store.getRun(run.id))?.isStopRequested === true;
  yield* ended(run, store, isStopped);
  return outcome;
}

/** What whoever reads the log of a worker should know of it. */
async function* startNotes(
  { run, host }: WorkerStart,
  { perbenchVersion }: LocalContext,
  { accuracyOnly = false }: WorkOptions,
): AsyncGenerator<RunEvent, void, void> {
  const why = accuracyOnly ? 'as was asked' : whyNotMeasuring(run, host);
  const role = why === undefined ? 'measures' : `only answers items (${why})`;
  yield { type: 'note', message: `worker on ${host.hostname}, ${hardwareClassOf(host)}: ${role}` };
  const { perbenchVersion: theirs } = run.manifest;
  if (theirs === perbenchVersion) return;
  yield { type: 'warning', message: `this is perbench ${perbenchVersion}, and ${theirs} made run ${run.id}` };
}

/** Says how the run stands; the last worker to end leaves it finished, or interrupted. */
async function* ended({ id }: RunRecord, store: Store, isStopped: boolean): AsyncGenerator<RunEvent, void, void> {
  const cells = await store.cells(id);
  const isHeld = cells.some(({ state }) => state === 'running');
  const status: RunStatus = !cells.some(isOpen) ? 'finished' : isStopped && !isHeld ? 'interrupted' : 'running';
  if (status !== 'running') await store.setRunStatus(id, status);
  const failedCells = cells.filter(({ error }) => error !== undefined).length;
  yield { type: 'run-end', runId: id, status, failedCells };
}

/** An error in one line. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [first = ''] = message.split('\n');
  return error instanceof PerbenchError || error instanceof FencedError ? first : `a bug in perbench: ${first}`;
}
