import { nowMs } from '../core/clock.ts';
import type { LoadedModel } from '../core/engine.ts';
import { EngineError, StoreError, UnsupportedError } from '../core/errors.ts';
import { type CellJob, endJob, type JobContext, workOnCell } from './cell-job.ts';
import { launchesOf, owedPasses } from './cell-passes.ts';
import type { PlannedModel } from './plan.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { suiteEngineOptions } from './suite-engine.ts';

/** An engine that is started when it is first needed. */
export interface Launch extends AsyncDisposable {
  open(): Promise<LoadedModel>;
  close(): Promise<void>;
}

/** Opens the engine when the first cell of a launch needs it, and again when a cell has broken it. */
export function createLaunch(
  context: JobContext,
  planned: PlannedModel,
  launch: number,
  onLaunch: (model: LoadedModel) => Promise<void>,
  launches = launchesOf(context.plan.suite),
): Launch {
  const { plan, dependencies, emit, forceSignal } = context;
  let model: LoadedModel | undefined;

  async function close(): Promise<void> {
    const open = model;
    model = undefined;
    await open?.[Symbol.asyncDispose]();
  }

  return {
    async open(): Promise<LoadedModel> {
      if (model !== undefined) return model;
      const startedMs = nowMs();
      emit({ type: 'launch-start', model: planned.spec.name, launch, launches });
      const engine = await dependencies.openEngine(planned.spec.engine);
      model = await engine.open(
        planned.spec,
        {
          ...suiteEngineOptions(plan.suite),
          ...(dependencies.logFolder !== undefined && { logFolder: dependencies.logFolder }),
          onStatus: (line) => emit({ type: 'launch-progress', model: planned.spec.name, launch, line }),
        },
        AbortSignal.any([dependencies.signal, forceSignal]),
      );
      await onLaunch(model);
      emit({ type: 'launch-end', model: planned.spec.name, launch, info: model.info, durationMs: nowMs() - startedMs });
      return model;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Runs all claimed cells of one model: launch by launch, so that each cell's numbers come from several starts without
 * starting the engine for every task anew. A cell that fails doesn't stop the others.
 */
export async function runModelSession(
  context: JobContext,
  planned: PlannedModel,
  jobs: readonly CellJob[],
  leases: LeaseKeeper,
  onLaunch: (model: LoadedModel) => Promise<void>,
): Promise<void> {
  const { plan, dependencies, emit } = context;
  const launches = launchesOf(plan.suite);
  const open = new Set(jobs);

  async function end(job: CellJob, error?: unknown): Promise<void> {
    open.delete(job);
    leases.drop(job.claim);
    await endJob(context, job, error);
  }

  for (const job of jobs) {
    const finishedItems = (await dependencies.store.sampleSummary(job.cell.id)).items;
    emit({ type: 'cell-start', cellId: job.cell.id, attempt: job.claim.attempt, finishedItems });
  }
  for (let launch = 0; launch < launches; launch += 1) {
    await using engine = createLaunch(context, planned, launch, onLaunch);
    for (const job of jobs) {
      if (dependencies.signal.aborted) break;
      if (!open.has(job)) continue;
      try {
        const done = await dependencies.store.passResults(job.cell.id);
        if (owedPasses(plan.suite, launch, done).length > 0) {
          await workOnCell(context, job, await engine.open(), planned, launch, leases.lostSignal(job.claim));
        }
      } catch (error) {
        if (dependencies.signal.aborted && isInterruption(error)) break;
        // Nothing can be kept any more: the run ends here, with what was acknowledged.
        if (error instanceof StoreError) throw error;
        // What an engine can't do leaves it whole; a large one takes minutes to start again.
        if (!(error instanceof UnsupportedError)) await engine.close();
        await end(job, error);
        continue;
      }
      if (launch === launches - 1 && !dependencies.signal.aborted) await end(job);
    }
  }
  for (const job of open) {
    leases.drop(job.claim);
    await dependencies.store.releaseCell(job.claim);
  }
}

/** What an engine may say when it is stopped in the middle; anything else is worth telling. */
export function isInterruption(error: unknown): boolean {
  return error instanceof EngineError || (error instanceof Error && error.name === 'AbortError');
}
