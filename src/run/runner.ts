import { join } from 'node:path';
import type { CellError } from '../core/cell.ts';
import type { LoadedModel } from '../core/engine.ts';
import {
  EngineError,
  FencedError,
  PerbenchError,
  StoreError,
  UnsupportedError,
  UnusableAnswersError,
} from '../core/errors.ts';
import type { RunEvent } from '../core/event.ts';
import { defaultLeaseMs } from '../core/store.ts';
import { schemaOf } from './ask-items.ts';
import { LeaseKeeper, pauseBeforeLooking, waitingText } from './claims.ts';
import { cellKey, earlierCellKey, launchedFacts, modelDifferences } from './content-key.ts';
import {
  createManifestKeeper,
  type ManifestKeeper,
  withEvaluatedItems,
  withFirstPrompt,
  withModel,
  withTakenAnswers,
} from './manifest-keeper.ts';
import { measureCell } from './measure-cell.ts';
import { OpenEngine } from './open-engine.ts';
import { QuietMachine } from './quiet-machine.ts';
import type { PlannedTask, RunDependencies, RunPlan } from './plan.ts';
import { runPasses } from './run-passes.ts';
import type { CellJob, EndStep, RunState, Step, Strategy, WorkStep } from './strategy.ts';

export interface RunnerOptions {
  readonly plan: RunPlan;
  readonly dependencies: RunDependencies;
  readonly runId: string;
  readonly emit: (event: RunEvent) => void;
  /** Gives up what is in flight. */
  readonly forceSignal: AbortSignal;
}

/** Does what a strategy chooses, step by step: claims cells, starts engines, runs passes, ends cells. */
export class Runner implements RunState {
  readonly jobs = new Map<string, CellJob>();
  readonly #options: RunnerOptions;
  readonly #leaseMs: number;
  readonly #leases: LeaseKeeper;
  readonly #manifest: ManifestKeeper;
  readonly #engine: OpenEngine;
  readonly #quiet: QuietMachine;
  #hasWaited = false;

  constructor(options: RunnerOptions) {
    const { plan, dependencies, runId, emit, forceSignal } = options;
    const { store, signal, openEngine, logFolder, meter, skipWait } = dependencies;
    this.#options = options;
    this.#leaseMs = dependencies.leaseMs ?? defaultLeaseMs;
    this.#leases = new LeaseKeeper(store, this.#leaseMs);
    this.#manifest = createManifestKeeper(store, runId);
    this.#quiet = new QuietMachine({ suite: plan.suite, meter, emit, skipWait });
    this.#engine = new OpenEngine({
      suite: plan.suite,
      openEngine,
      logFolder: logFolder === undefined ? undefined : join(logFolder, runId),
      emit,
      signal: AbortSignal.any([signal, forceSignal]),
      onLaunch: (planned, model) => this.#manifest.change((stored) => withModel(stored, planned, model)),
    });
  }

  get runId(): string {
    return this.#options.runId;
  }

  get plan(): RunPlan {
    return this.#options.plan;
  }

  get store(): RunDependencies['store'] {
    return this.#options.dependencies.store;
  }

  get isStopped(): boolean {
    return this.#options.dependencies.signal.aborted;
  }

  /** @throws {StoreError} if nothing more can be kept */
  async run(strategy: Strategy): Promise<void> {
    using _ = this.#leases;
    try {
      for await (const step of strategy(this)) await this.#perform(step);
    } finally {
      await this.#engine.close();
      await this.#release();
    }
    await this.#manifest.written();
  }

  async #perform(step: Step): Promise<void> {
    const { emit, dependencies } = this.#options;
    switch (step.type) {
      case 'claim':
        for (const cell of step.cells) await this.#claim(cell);
        return;
      case 'wait':
        if (!this.#hasWaited) emit({ type: 'warning', message: waitingText(step.cells, this.#leaseMs) });
        this.#hasWaited = true;
        await pauseBeforeLooking(dependencies.signal);
        return;
      case 'launch':
      case 'pass':
        await this.#work(step);
        return;
      case 'items':
        await this.#setItems(step.job, step.items);
        return;
      case 'note':
        await this.#manifest.change(step.change);
        if (step.event !== undefined) emit(step.event);
        return;
      case 'end':
        await this.#end(step);
    }
  }

  async #claim(cell: CellJob['cell']): Promise<void> {
    const { plan, dependencies, emit } = this.#options;
    const planned = plan.tasks.find(({ task }) => task.id === cell.taskId);
    const model = plan.models.find(({ spec }) => spec.name === cell.model);
    if (planned === undefined || model === undefined) return;
    const claim = await this.store.claimCell(cell.id, dependencies.owner, this.#leaseMs);
    if (claim === undefined) return;
    this.#leases.hold(claim);
    this.jobs.set(cell.id, { cell, claim, planned, model, failure: undefined });
    const { items } = await this.store.sampleSummary(cell.id);
    const passes = await this.store.passResults(cell.id);
    const finishedPasses = passes.map(({ pass, launch }) => ({ pass, launch }));
    emit({ type: 'cell-start', cellId: cell.id, attempt: claim.attempt, finishedItems: items, finishedPasses });
  }

  async #work(step: WorkStep): Promise<void> {
    const { job, launch } = step;
    const { plan, dependencies, emit, forceSignal } = this.#options;
    const lost = this.#leases.lostSignal(job.claim);
    this.#hasWaited = false;
    try {
      const { model, maxConcurrency } = await this.#engine.open(step);
      await this.#check(job, model);
      await runPasses(
        {
          job,
          model,
          launch,
          maxConcurrency,
          quiet: this.#quiet,
          suite: plan.suite,
          dependencies,
          leaseMs: this.#leaseMs,
          stopSignal: AbortSignal.any([dependencies.signal, lost]),
          forceSignal: AbortSignal.any([forceSignal, lost]),
          emit,
          onTaken: (from, items) =>
            void this.#manifest.change((stored) => withTakenAnswers(stored, job.cell, from, items)),
          onFirstPrompt: (prompt) => void this.#manifest.change((stored) => withFirstPrompt(stored, job.cell, prompt)),
        },
        step,
      );
      if (lost.aborted) throw lost.reason;
    } catch (error) {
      if (this.isStopped && isInterruption(error)) return;
      // Nothing can be kept any more: the run ends here, with what was acknowledged.
      if (error instanceof StoreError) throw error;
      // What an engine can't do, or what its answers are like, leaves it whole; a large one takes minutes to start again.
      const isWhole = error instanceof UnsupportedError || error instanceof UnusableAnswersError;
      if (!isWhole) await this.#engine.close();
      job.failure = { error };
    }
  }

  /**
   * Checks that the model can do the task, and that what decides its answers is what the cell began with.
   *
   * @throws {UnsupportedError} if not
   */
  async #check({ cell, claim, planned, model: plannedModel }: CellJob, model: LoadedModel): Promise<void> {
    const { suite, manifest } = this.plan;
    requireCapability(model, planned);
    const key = cellKey(plannedModel, model.info, planned, suite);
    const known = [undefined, key, earlierCellKey(plannedModel, model.info, planned, suite)];
    if (!known.includes(cell.key)) {
      // As far as the manifest tells.
      const now = launchedFacts(plannedModel.facts, model.info);
      const differences = modelDifferences(manifest, plannedModel.spec.name, now);
      const detail = differences.length === 0 ? '' : ` (${differences.join('; ')})`;
      throw new UnsupportedError(
        `${cell.model} on ${cell.taskId} cannot be resumed: its model, engine or data has changed${detail}`,
        {
          hint: 'Start a new run, or restore the model, engine build and data of this one.',
        },
      );
    }
    await this.store.setCellKey(claim, key);
  }

  async #setItems(job: CellJob, items: number): Promise<void> {
    const { cell, claim } = job;
    const { id, taskId } = cell;
    try {
      await this.store.setCellItems(claim, items);
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      job.failure ??= { error };
      return;
    }
    await this.#manifest.change((stored) => withEvaluatedItems(stored, taskId, items));
    this.#options.emit({ type: 'cell-items', cellId: id, items });
  }

  /** A cell that another process has taken over is left to it: the run goes on with the others. */
  async #end(step: EndStep): Promise<void> {
    const { job, error } = step;
    const { cell, claim } = job;
    this.jobs.delete(cell.id);
    this.#leases.drop(claim);
    try {
      if (error instanceof FencedError) throw error;
      await this.#store(step);
    } catch (cause) {
      if (!(cause instanceof FencedError)) throw cause;
      const message = `${cell.model} on ${cell.taskId}: another process has taken over this cell`;
      this.#options.emit({ type: 'warning', message });
    }
    // Nothing is asked of a model any more whose cells have all ended: its memory is for the next one.
    if (![...this.jobs.values()].some(({ model }) => model === job.model)) await this.#engine.close(job.model);
  }

  async #store({ job: { cell, claim, planned }, state, error, tell }: EndStep): Promise<void> {
    // As it was launched, by this start or an earlier one.
    const { thinking } = (await this.store.getRun(this.runId))?.manifest.models[cell.model] ?? {};
    const { suite } = this.plan;
    const measurements = tell(await measureCell(this.store, cell.id, { task: planned.task, suite, thinking }));
    const described = error === undefined ? undefined : describeError(error);
    await this.store.endCell(claim, { state, measurements, error: described });
    this.#options.emit({ type: 'cell-end', cellId: cell.id, state, measurements, error: described });
  }

  /** Gives back the cells that are still open, so that another start finds them free. */
  async #release(): Promise<void> {
    for (const { claim } of this.jobs.values()) {
      this.#leases.drop(claim);
      try {
        await this.store.releaseCell(claim);
      } catch (error) {
        // Somebody else has it already.
        if (!(error instanceof FencedError)) throw error;
      }
    }
  }
}

function requireCapability({ capabilities, info }: LoadedModel, planned: PlannedTask): void {
  const { generate, loglikelihood, whyNoLoglikelihood, structuredOutput } = capabilities;
  const { id, kind } = planned.task;
  if (kind === 'generate' ? generate : loglikelihood) {
    if (info.structuredOutput !== true || structuredOutput === true || schemaOf(planned) === undefined) return;
    throw new UnsupportedError(`${id} needs structured output, which the engine does not support for this model`, {
      hint: 'Leave structuredOutput out: the answers are then checked, but not held to the schema.',
    });
  }
  const why = kind === 'loglikelihood' && whyNoLoglikelihood !== undefined ? `: ${whyNoLoglikelihood}` : '';
  throw new UnsupportedError(`${id} needs ${kind}, which the engine does not support for this model${why}`);
}

/** What an engine may say when it is stopped in the middle; anything else is worth telling. */
function isInterruption(error: unknown): boolean {
  return error instanceof EngineError || (error instanceof Error && error.name === 'AbortError');
}

/** An error as a cell keeps it. */
function describeError(error: unknown): CellError {
  if (error instanceof PerbenchError) {
    const detail = error instanceof EngineError ? error.detail : undefined;
    return { code: error.code, message: error.message, hint: error.hint, ...(detail !== undefined && { detail }) };
  }
  // A bug of ours concerns this cell alone, and must be seen with its place.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'PB_BUG', message: text };
}
