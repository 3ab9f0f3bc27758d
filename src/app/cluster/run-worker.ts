import type { Cell } from '../../core/cell.ts';
import { ChangedCellError, FencedError, PerbenchError, StoreError } from '../../core/errors.ts';
import type { RunEvent } from '../../core/event.ts';
import type { Claim, Store } from '../../core/store.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { LeaseKeeper, pauseBeforeLooking } from '../../run/claims.ts';
import type { PlannedModel, RunDependencies } from '../../run/plan.ts';
import { dataWarnings, runSteps } from '../../run/run.ts';
import { modelRun } from '../../run/strategies/model-run.ts';
import { blockRun } from '../../run/strategies/split-items.ts';
import { isOpen, type Strategy } from '../../run/strategy.ts';
import type { LocalContext } from '../local-context.ts';
import { runDependencies } from '../run-dependencies.ts';
import { joinRun, whyNotMeasuring } from './machine.ts';
import { gpusOf, lacks, needsOf } from './needs.ts';
import {
  modelsOfRun,
  type RunModel,
  workerModel,
  workerPlan,
  type WorkerFolders,
  type WorkerPlan,
} from './prepare-worker.ts';
import type { WorkerStart, WorkOptions, WorkOutcome } from './work-options.ts';

type Events<Result = void> = AsyncGenerator<RunEvent, Result, void>;

/** Idle workers ask the store once in so long; the longest also decides how late one sees that it may end. */
const [shortestIdleMs, longestIdleMs] = [1_000, 5_000];

/** Takes work of a run, piece after piece: the cells of a model, or blocks of their items. */
export class RunWorker {
  readonly #start: WorkerStart;
  readonly #context: LocalContext;
  readonly #options: WorkOptions;
  readonly #folders: WorkerFolders;
  readonly #plan: WorkerPlan;
  readonly #dependencies: RunDependencies;
  readonly #known: ReturnType<typeof modelsOfRun>;
  /** Models that are here and checked. */
  readonly #prepared = new Map<string, PlannedModel>();
  /** Why models can't be had here, by name. */
  readonly #left = new Map<string, string>();
  #mayMeasure: boolean;
  #joined: 'measures' | 'answers' | undefined;
  #failedCells = 0;
  #endedCells = 0;

  private constructor(
    start: WorkerStart,
    context: LocalContext,
    options: WorkOptions,
    plan: WorkerPlan,
    dependencies: RunDependencies,
  ) {
    this.#start = start;
    this.#context = context;
    this.#options = options;
    this.#folders = foldersOf(options);
    this.#plan = plan;
    this.#dependencies = dependencies;
    this.#known = modelsOfRun(plan.suite, context);
    this.#mayMeasure = options.accuracyOnly !== true && whyNotMeasuring(start.run, start.host) === undefined;
  }

  /** @throws what {@link workerPlan} throws */
  static async open(start: WorkerStart, context: LocalContext, options: WorkOptions): Promise<RunWorker> {
    const { run, host, sign, leaseMs } = start;
    const { store, framesDrawn = () => 0, skipWait } = options;
    const signal = AbortSignal.any([options.signal, sign.stopped]);
    const plan = await workerPlan(run, context, foldersOf(options), signal);
    const given = { store, signal, leaseMs, framesDrawn, skipWait, owner: sign.id, hostname: host.hostname };
    return new RunWorker(start, context, options, plan, await runDependencies(plan.suite, context, given));
  }

  get #store(): Store {
    return this.#options.store;
  }

  get #signal(): AbortSignal {
    return this.#dependencies.signal;
  }

  /** Models that this machine may still take, by name. */
  get #models(): readonly string[] {
    const { models } = this.#options;
    const wanted = [...this.#known.keys()].filter((name) => models === undefined || models.includes(name));
    return wanted.filter((name) => !this.#left.has(name));
  }

  /** Until nothing is left for this machine. */
  async *work(): Events {
    const { run, leaseMs, sign } = this.#start;
    yield* dataWarnings(this.#plan);
    yield* this.#leaveTooLarge();
    const { waitMs = Number.POSITIVE_INFINITY } = this.#options;
    let idleMs = 0;
    for (let waits = 0; !this.#signal.aborted && this.#models.length > 0;) {
      const open = await this.#store.openWork(run.id, leaseMs, this.#models);
      if (open.isStopRequested) return;
      const isTaken =
        (this.#mayMeasure && open.claimable > 0 && (yield* this.#takeCells())) ||
        (open.claimableBlocks > 0 && (yield* this.#takeBlocks()));
      if (isTaken) {
        waits = 0;
        continue;
      }
      const held = this.#mayMeasure ? open.held + open.claimable : 0;
      if (held + open.claimableBlocks === 0 || idleMs >= waitMs) return;
      if (waits === 0) {
        const message = `waiting for what others hold: ${held} cells, ${open.claimableBlocks} blocks of items`;
        await sign.say('waiting', message);
        yield { type: 'note', message };
      }
      waits += 1;
      const pauseMs = Math.min(longestIdleMs, waits * shortestIdleMs, Math.max(100, waitMs - idleMs));
      await pauseBeforeLooking(this.#signal, Math.min(pauseMs, leaseMs));
      idleMs += pauseMs;
    }
  }

  /** Leaves models of which it is known already that they don't fit. */
  async *#leaveTooLarge(): Events {
    const { host, run } = this.#start;
    for (const name of this.#models) {
      const known = this.#known.get(name);
      if (known === undefined) continue;
      const gpus = gpusOf(this.#plan.suite, known.named);
      const memoryBytes = gpus > 0 ? undefined : run.manifest.models[name]?.fileBytes;
      const why = lacks(host, { gpus, memoryBytes });
      if (why !== undefined) yield* this.#leave(name, `${name} ${why}`);
    }
  }

  async *#leave(name: string, why: string): Events {
    if (this.#left.has(name)) return;
    this.#left.set(name, why);
    yield { type: 'warning', message: why };
  }

  /** All cells of a model that nobody works on. */
  async *#takeCells(): Events<boolean> {
    const { run, leaseMs, sign } = this.#start;
    const claims = await this.#store.claimModel(run.id, sign.id, leaseMs, this.#models);
    try {
      const model = yield* this.#modelOf(claims);
      if (model === undefined) return claims.length > 0;
      if (await this.#join(true)) yield* this.#session(model, modelRun, claims);
      else {
        // Somebody with other hardware was the first to measure.
        this.#mayMeasure = false;
        yield { type: 'note', message: 'times are measured on other hardware: only items are answered here' };
      }
      return true;
    } finally {
      await this.#giveBack(claims);
    }
  }

  /** Blocks of a model's items, one after the other. */
  async *#takeBlocks(): Events<boolean> {
    const { run, leaseMs, sign } = this.#start;
    const claim = await this.#store.claimBlock(run.id, sign.id, leaseMs, { models: this.#models });
    const claims = claim === undefined ? [] : [claim];
    try {
      const model = yield* this.#modelOf(claims);
      if (model === undefined) return claims.length > 0;
      await this.#join(false);
      // It was held to know the model, and while that was brought here.
      await this.#giveBack(claims);
      yield* this.#session(model, blockRun, []);
      return true;
    } finally {
      await this.#giveBack(claims);
    }
  }

  /** What is given back or has ended already stays as it is. */
  async #giveBack(claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) {
      try {
        await this.#store.releaseCell(claim);
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
      }
    }
  }

  /** The model of what was claimed, which is kept alive while the model is brought here; undefined where it can't be had. */
  async *#modelOf(claims: readonly Claim[]): Events<PlannedModel | undefined> {
    const { run, leaseMs } = this.#start;
    const [first] = claims;
    if (first === undefined) return undefined;
    const cell = (await this.#store.cells(run.id)).find(({ id }) => id === first.cellId);
    const known = this.#known.get(cell?.model ?? '');
    if (known === undefined) throw new Error(`run ${run.id} has no model for cell ${first.cellId}`);
    using leases = new LeaseKeeper(this.#store, leaseMs);
    for (const claim of claims) leases.hold(claim);
    return yield* this.#prepare(known, leases.lostSignal(first));
  }

  async *#prepare(known: RunModel, lost: AbortSignal): Events<PlannedModel | undefined> {
    const { name } = known.named;
    const before = this.#prepared.get(name);
    if (before !== undefined) return before;
    await this.#start.sign.say('working', `preparing ${name}`);
    const signal = AbortSignal.any([this.#signal, lost]);
    try {
      const model = await workerModel(known, this.#plan, this.#context, this.#folders, signal);
      const why = lacks(this.#start.host, await needsOf(this.#plan, model));
      if (why === undefined) {
        this.#prepared.set(name, model);
        return model;
      }
      yield* this.#leave(name, `${name} ${why}`);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof PerbenchError) || error instanceof StoreError) throw error;
      yield* this.#leave(name, withRemedy(error.message, error.hint));
    }
    return undefined;
  }

  /** @returns whether times of this machine count */
  async #join(mayMeasure: boolean): Promise<boolean> {
    const { run, host } = this.#start;
    if (this.#joined === 'measures' || (this.#joined === 'answers' && !mayMeasure)) return mayMeasure;
    const measures = await joinRun(this.#store, run, host, mayMeasure);
    this.#joined = measures ? 'measures' : 'answers';
    return measures;
  }

  async *#session(model: PlannedModel, strategy: Strategy, claims: readonly Claim[]): Events {
    const { run, sign } = this.#start;
    const { name } = model.spec;
    const measures = strategy === modelRun;
    await sign.say('working', measures ? name : `items of ${name}`);
    const refused: string[] = [];
    const onGivenBack = ({ taskId }: Cell, why: unknown): void => void refused.push(refusal(name, taskId, why));
    const dependencies = { ...this.#dependencies, place: { measures, onGivenBack } };
    const plan = { ...this.#plan, models: [model] };
    for await (const event of runSteps({ plan, dependencies, runId: run.id, strategy, claims })) {
      if (event.type === 'cell-end') this.#endedCells += 1;
      if (event.type === 'cell-end' && event.state === 'failed') this.#failedCells += 1;
      yield event;
    }
    const [why] = refused;
    if (why !== undefined) yield* this.#leave(name, why);
  }

  /** As the store has it now. */
  async outcome(): Promise<WorkOutcome> {
    const { models } = this.#options;
    const cells = (await this.#store.cells(this.#start.run.id)).filter(isOpen);
    const own = cells.filter(({ model }) => models === undefined || models.includes(model));
    const missing = [...this.#left].filter(([name]) => own.some(({ model }) => model === name)).map(([, why]) => why);
    const isIdle = this.#options.accuracyOnly !== true && !this.#mayMeasure && !this.#signal.aborted;
    const waiting = own.filter(({ model, state }) => state === 'pending' && !this.#left.has(model));
    return { failedCells: this.#failedCells, missing, isOtherHardware: isIdle && waiting.length > 0 };
  }

  /** Why it ended, in one line. */
  endNote({ missing, isOtherHardware }: WorkOutcome): string {
    if (missing[0] !== undefined) return missing[0];
    if (isOtherHardware)
      return whyNotMeasuring(this.#start.run, this.#start.host) ?? 'times are measured on other hardware';
    const what = this.#signal.aborted ? 'stopped' : 'nothing is left for it';
    return `${what}; ${this.#endedCells} cells ended here`;
  }
}

function foldersOf({ modelFolders = [], dataDir }: WorkOptions): WorkerFolders {
  return { modelFolders, dataDir };
}

function refusal(model: string, taskId: string, why: unknown): string {
  if (!(why instanceof ChangedCellError))
    return `${model} on ${taskId}: ${why instanceof Error ? why.message : String(why)}`;
  return `${model} on ${taskId} was begun with another engine build, file or data: it is left to workers that have them`;
}
