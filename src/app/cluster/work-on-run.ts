import type { Cell } from '../../core/cell.ts';
import { FencedError, PerbenchError, StoreError, UsageError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import { hardwareClassOf } from '../../core/hardware-class.ts';
import type { RunRecord } from '../../core/store.ts';
import { defaultLeaseMs } from '../../core/store.ts';
import { isOpen } from '../../run/strategy.ts';
import type { LocalContext } from '../local-context.ts';
import { processName } from '../run-dependencies.ts';
import { fixEarlierClass, namedHost, whyNotMeasuring } from './machine.ts';
import { RunWorker } from './run-worker.ts';
import { settleRun } from './settle-run.ts';
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
 * @throws {UsageError} for models that the run doesn't have, and if only items are to be answered that can't be apart
 * @throws {DataError | InvalidItemError | UsageError} if the data of the run can't be had here
 * @throws {StoreError} if results can no longer be stored
 */
export async function* workOnRun(
  run: RunRecord,
  context: LocalContext,
  options: WorkOptions,
): AsyncGenerator<RunEvent, WorkOutcome, void> {
  const { store, models, leaseMs = defaultLeaseMs } = options;
  const now = (await store.getRun(run.id)) ?? run;
  const why = await whyNothing(now, options);
  if (why !== undefined) {
    yield { type: 'note', message: why };
    yield* ended(now, options);
    return nothingMissing;
  }
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
    await settleRun(store, run.id, { leaseMs, own: sign.id }).catch(() => undefined);
    throw error instanceof StoreError ? await store.rescue(error) : error;
  }
}

/** Why there is nothing to do for whoever comes, as a sentence. */
async function whyNothing(run: RunRecord, options: WorkOptions): Promise<string | undefined> {
  const { store, models } = options;
  const cells = await store.cells(run.id);
  await checkWanted(run, cells, options);
  if (!cells.some((cell) => isOpen(cell) && (models === undefined || models.includes(cell.model)))) {
    return `nothing is left of run ${run.id}${models === undefined ? '' : ` for ${models.join(', ')}`}`;
  }
  if (run.isStopRequested !== true) return undefined;
  return `run ${run.id} was cancelled: nothing is done here until somebody goes on with it: perbench resume ${run.id}`;
}

async function checkWanted(
  { id, manifest }: RunRecord,
  cells: readonly Cell[],
  { store, models = [], accuracyOnly = false }: WorkOptions,
): Promise<void> {
  if (manifest.imported !== undefined) throw new UsageError(`run ${id} was imported: there is nothing to work on`);
  const known = [...new Set(cells.map(({ model }) => model))];
  const other = models.find((name) => !known.includes(name));
  if (other !== undefined) throw new UsageError(`run ${id} has no model "${other}"; it has ${known.join(', ')}`);
  if (!accuracyOnly) return;
  for (const cell of cells) if ((await store.blocks(cell.id)).length > 0) return;
  throw new UsageError(`the items of run ${id} are not split: none can be answered apart`, {
    hint: 'Start the run with --shards.',
  });
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
  const worker = await RunWorker.open(start, context, options);
  if (run.status !== 'running') await store.setRunStatus(run.id, 'running');
  yield* worker.work();
  const outcome = await worker.outcome();
  const isMissing = outcome.missing.length > 0 || outcome.isOtherHardware;
  const note = worker.endNote(outcome);
  if (outcome.isOtherHardware) yield { type: 'warning', message: `run ${run.id} is left to other machines: ${note}` };
  await sign.say(isMissing ? 'failed' : 'ended', note);
  yield* ended(run, options, sign.id);
  return outcome;
}

/** What whoever reads the log of a worker should know of it. */
async function* startNotes(
  { run, host }: WorkerStart,
  { perbenchVersion }: LocalContext,
  { accuracyOnly = false }: WorkOptions,
): AsyncGenerator<RunEvent, void, void> {
  const why = accuracyOnly ? 'as was asked' : whyNotMeasuring(run, host);
  const other = run.suite.shards > 1 ? 'only answers items' : 'does nothing';
  const role = why === undefined ? 'measures' : `${other} (${why})`;
  yield { type: 'note', message: `worker on ${host.hostname}, ${hardwareClassOf(host)}: ${role}` };
  const { perbenchVersion: theirs } = run.manifest;
  if (theirs === perbenchVersion) return;
  yield { type: 'warning', message: `this is perbench ${perbenchVersion}, and ${theirs} made run ${run.id}` };
}

/** Says how the run stands. */
async function* ended(
  { id: runId }: RunRecord,
  { store, leaseMs = defaultLeaseMs }: WorkOptions,
  own?: string,
): AsyncGenerator<RunEvent, void, void> {
  const status = await settleRun(store, runId, { leaseMs, own });
  const failedCells = (await store.cells(runId)).filter(({ error }) => error !== undefined).length;
  yield { type: 'run-end', runId, status, failedCells };
}

/** An error in one line. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [first = ''] = message.split('\n');
  return error instanceof PerbenchError || error instanceof FencedError ? first : `a bug in perbench: ${first}`;
}
