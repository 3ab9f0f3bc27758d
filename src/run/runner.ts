import { join } from 'node:path';
import type { Cell } from '../core/cell.ts';
import { ChangedCellError, FencedError, StoreError, UnsupportedError, UnusableAnswersError } from '../core/errors.ts';
import type { RunEvent } from '../core/event.ts';
import { type Claim, defaultLeaseMs } from '../core/store.ts';
import { checkCell, describeError, isInterruption } from './check-cell.ts';
import { LeaseKeeper, pauseBeforeLooking, waitingText } from './claims.ts';
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
import type { RunDependencies, RunPlan } from './plan.ts';
import { runPasses } from './run-passes.ts';
import type { BlockSearch, CellJob, EndStep, RunState, Step, Strategy, WaitStep, WorkStep } from './strategy.ts';

export interface RunnerOptions {
  readonly plan: RunPlan;
  readonly dependencies: RunDependencies;
  readonly runId: string;
  readonly emit: (event: RunEvent) => void;
  /** Gives up what is in flight. */
  readonly forceSignal: AbortSignal;
  /** Cells that this process has claimed already. */
  readonly claims?: readonly Claim[] | undefined;
}

/** Does what a strategy chooses, step by step: claims cells, starts engines, runs passes, ends cells. */
export class Runner implements RunState {
  readonly jobs = new Map<string, CellJob>();
  block: CellJob | undefined;
  readonly #options: RunnerOptions;
  readonly #leaseMs: number;
  readonly #leases: LeaseKeeper;
  readonly #manifest: ManifestKeeper;
  readonly #engine: OpenEngine;
  readonly #quiet: QuietMachine;
  #hasWaited = false;

  constructor(options: RunnerOptions) {
    const { plan, dependencies, runId, emit, forceSignal } = options;
    const { store, signal, openEngine, logFolder, meter, skipWait, place } = dependencies;
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
      onLaunch: async (planned, model) => {
        if (place?.measures !== false) await this.#manifest.change((stored) => withModel(stored, planned, model));
      },
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
      await this.#adopt(this.#options.claims ?? []);
      for await (const step of strategy(this)) await this.#perform(step);
    } finally {
      await this.#engine.close();
      await this.#release();
    }
    await this.#manifest.written();
  }

  async #perform(step: Step): Promise<void> {
    switch (step.type) {
      case 'claim':
        for (const cell of step.cells) await this.#claim(cell);
        return;
      case 'wait':
        await this.#wait(step);
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
        if (step.event !== undefined) this.#options.emit(step.event);
        return;
      case 'claim-block':
        await this.#claimBlock(step.of);
        return;
      case 'give-back':
        await this.#giveBack(step.job, step.job.failure?.error);
        return;
      case 'end':
        await this.#end(step);
    }
  }

  /** Of cells, until one can be claimed or nobody holds one any more: whoever waits asks one question a second. */
  async #wait(step: WaitStep): Promise<void> {
    const { emit, dependencies } = this.#options;
    if (!this.#hasWaited) emit({ type: 'warning', message: waitingText(step, this.#leaseMs) });
    this.#hasWaited = true;
    for (let isHeld = true; isHeld && !this.isStopped;) {
      await pauseBeforeLooking(dependencies.signal);
      if ('blocks' in step || this.isStopped) return;
      const { claimable, held } = await this.store.openWork(this.runId, this.#leaseMs);
      isHeld = claimable === 0 && held > 0;
    }
  }

  async #claim(cell: Cell): Promise<void> {
    if (this.#parts(cell) === undefined) return;
    const claim = await this.store.claimCell(cell.id, this.#options.dependencies.owner, this.#leaseMs);
    if (claim !== undefined) await this.#begin(cell, claim);
  }

  async #adopt(claims: readonly Claim[]): Promise<void> {
    // From now on they are kept alive here, whatever reading them takes.
    for (const claim of claims) this.#leases.hold(claim);
    for (const claim of claims) {
      const cell = await this.#cellOf(claim);
      if (cell !== undefined) await this.#begin(cell, claim);
    }
  }

  async #cellOf({ cellId }: Claim): Promise<Cell | undefined> {
    return (await this.store.cells(this.runId)).find(({ id }) => id === cellId);
  }

  #parts({ taskId, model: name }: Cell): Pick<CellJob, 'planned' | 'model'> | undefined {
    const planned = this.plan.tasks.find(({ task }) => task.id === taskId);
    const model = this.plan.models.find(({ spec }) => spec.name === name);
    return planned === undefined || model === undefined ? undefined : { planned, model };
  }

  async #begin(cell: Cell, claim: Claim): Promise<CellJob | undefined> {
    const parts = this.#parts(cell);
    if (parts === undefined) return undefined;
    const job: CellJob = { cell, claim, ...parts, failure: undefined };
    this.#leases.hold(claim);
    if (claim.block === undefined) this.jobs.set(cell.id, job);
    // Of one of its own cells that has been said.
    if (claim.block !== undefined && this.jobs.has(cell.id)) return job;
    const { items } = await this.store.sampleSummary(cell.id);
    const passes = await this.store.passResults(cell.id);
    const finishedPasses = passes.map(({ pass, launch }) => ({ pass, launch }));
    const { attempt } = claim;
    this.#options.emit({ type: 'cell-start', cellId: cell.id, attempt, finishedItems: items, finishedPasses });
    return job;
  }

  /** The one before is answered, or was given back. */
  async #claimBlock(of: BlockSearch): Promise<void> {
    if (this.block !== undefined) this.#leases.drop(this.block.claim);
    this.block = undefined;
    const claim = await this.store.claimBlock(this.runId, this.#options.dependencies.owner, this.#leaseMs, of);
    const cell = claim && (await this.#cellOf(claim));
    if (claim !== undefined && cell !== undefined) this.block = await this.#begin(cell, claim);
  }

  /** @param why for those who asked for the work; undefined where there is nothing to say */
  async #giveBack({ cell, claim }: CellJob, why: unknown): Promise<void> {
    this.#leases.drop(claim);
    if (claim.block === undefined) this.jobs.delete(cell.id);
    else this.block = undefined;
    try {
      await this.store.releaseCell(claim);
    } catch (error) {
      // Somebody else has it already.
      if (!(error instanceof FencedError)) throw error;
      return;
    }
    if (why !== undefined) this.#options.dependencies.place?.onGivenBack(cell, why);
  }

  async #work(step: WorkStep): Promise<void> {
    const { job, launch } = step;
    const { plan, dependencies, emit, forceSignal } = this.#options;
    const lost = this.#leases.lostSignal(job.claim);
    this.#hasWaited = false;
    try {
      const { model, maxConcurrency } = await this.#engine.open(step);
      await checkCell(this.store, job, model, plan);
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
    // Whoever has what it began with may go on with it.
    if (error instanceof ChangedCellError && this.#options.dependencies.place !== undefined) {
      await this.#giveBack(job, error);
      return;
    }
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
    const machines = (await this.store.getRun(this.runId))?.manifest;
    const { thinking } = machines?.models[cell.model] ?? {};
    const { suite } = this.plan;
    const measurements = tell(
      await measureCell(this.store, cell.id, { task: planned.task, suite, thinking, machines }),
    );
    const described = error === undefined ? undefined : describeError(error);
    await this.store.endCell(claim, { state, measurements, error: described });
    this.#options.emit({ type: 'cell-end', cellId: cell.id, state, measurements, error: described });
  }

  /** Gives back what is still open, so that another start finds it free. */
  async #release(): Promise<void> {
    const { block } = this;
    for (const job of [...this.jobs.values(), ...(block === undefined ? [] : [block])]) {
      await this.#giveBack(job, undefined);
    }
  }
}
