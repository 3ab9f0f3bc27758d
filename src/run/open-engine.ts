import { nowMs } from '../core/clock.ts';
import type { LoadedModel } from '../core/engine.ts';
import { thinkingSentence } from '../core/model-setting.ts';
import type { RunEvent } from '../core/event.ts';
import type { PlannedModel, RunDependencies } from './plan.ts';
import { suiteEngineOptions } from './protocol.ts';
import type { Suite } from '../core/suite.ts';
import type { CellJob, WorkStep } from './strategy.ts';

export interface OpenModel {
  readonly model: LoadedModel;
  readonly maxConcurrency: number;
}

/** A launch of a model. */
interface ModelLaunch extends Pick<WorkStep, 'launch' | 'launches' | 'isOpenEnded'> {
  readonly job: Pick<CellJob, 'model'>;
}

export interface OpenEngineOptions {
  readonly suite: Suite;
  readonly openEngine: RunDependencies['openEngine'];
  /** Of the run's own, where it is one. */
  readonly logFolder: string | undefined;
  readonly emit: (event: RunEvent) => void;
  /** Stops a start. */
  readonly signal: AbortSignal;
  readonly onLaunch: (planned: PlannedModel, model: LoadedModel) => Promise<void>;
}

/** The one engine that is open: of one model in one launch. */
export class OpenEngine {
  readonly #options: OpenEngineOptions;
  #current: (OpenModel & { readonly planned: PlannedModel; readonly launch: number }) | undefined;

  /** Models of which what is said once has been said. */
  readonly #said = new Set<PlannedModel>();

  constructor(options: OpenEngineOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  /** The engine of that model in that launch; starts it, and ends any other, where it isn't open. */
  async open({ job, launch, launches, isOpenEnded }: ModelLaunch): Promise<OpenModel> {
    const { suite, openEngine, logFolder, emit, signal, onLaunch } = this.#options;
    const planned = job.model;
    const { spec } = planned;
    const { name } = spec;
    if (this.#current?.planned === planned && this.#current.launch === launch) return this.#current;
    await this.close();
    const startedMs = nowMs();
    emit({ type: 'launch-start', model: name, launch, launches, ...(isOpenEnded === true && { isOpenEnded }) });
    const engine = await openEngine(spec.engine);
    const { maxConcurrency } = engine;
    const engineOptions = {
      ...suiteEngineOptions(suite),
      ...(logFolder !== undefined && { logFolder }),
      onStatus: (line: string) => emit({ type: 'launch-progress', model: name, launch, line }),
    };
    const model = await engine.open(spec, engineOptions, signal);
    this.#current = { planned, launch, model, maxConcurrency };
    await onLaunch(planned, model);
    const durationMs = nowMs() - startedMs;
    const { info } = model;
    const isSaid = this.#said.has(planned);
    this.#said.add(planned);
    const said = isSaid || info.thinking === undefined ? {} : { thinking: thinkingSentence(spec, info.thinking) };
    emit({ type: 'launch-end', model: name, launch, info, durationMs, ...said });
    if (!isSaid && info.computesOn !== undefined) emit({ type: 'note', message: `${name}: ${info.computesOn}` });
    for (const note of isSaid ? [] : (info.notes ?? [])) emit({ type: 'warning', message: `${name}: ${note}` });
    return this.#current;
  }

  /** Ends what is open; with a model, only that one's. */
  async close(planned = this.#current?.planned): Promise<void> {
    if (this.#current?.planned !== planned) return;
    const open = this.#current?.model;
    this.#current = undefined;
    await open?.[Symbol.asyncDispose]();
  }
}
