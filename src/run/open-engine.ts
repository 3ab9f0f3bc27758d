import { nowMs } from '../core/clock.ts';
import type { LoadedModel } from '../core/engine.ts';
import type { RunEvent } from '../core/event.ts';
import type { PlannedModel, RunDependencies } from './plan.ts';
import { suiteEngineOptions } from './protocol.ts';
import type { Suite } from '../core/suite.ts';
import type { WorkStep } from './strategy.ts';

export interface OpenModel {
  readonly model: LoadedModel;
  readonly maxConcurrency: number;
}

/** The one engine of a run: of one model in one launch. */
export interface OpenEngine {
  /** The engine of that model in that launch; starts it, and ends any other, where it isn't open. */
  open(step: Pick<WorkStep, 'job' | 'launch' | 'launches'>): Promise<OpenModel>;
  /** Ends what is open; with a model, only that one's. */
  close(planned?: PlannedModel): Promise<void>;
}

export interface OpenEngineOptions {
  readonly suite: Suite;
  readonly openEngine: RunDependencies['openEngine'];
  /** Of the run's own. */
  readonly logFolder: string | undefined;
  readonly emit: (event: RunEvent) => void;
  /** Stops a start. */
  readonly signal: AbortSignal;
  readonly onLaunch: (planned: PlannedModel, model: LoadedModel) => Promise<void>;
}

export function createOpenEngine(options: OpenEngineOptions): OpenEngine {
  const { suite, openEngine, logFolder, emit, signal, onLaunch } = options;
  let current: (OpenModel & { readonly planned: PlannedModel; readonly launch: number }) | undefined;

  async function close(planned = current?.planned): Promise<void> {
    if (current?.planned !== planned) return;
    const open = current?.model;
    current = undefined;
    await open?.[Symbol.asyncDispose]();
  }

  return {
    async open({ job, launch, launches }) {
      const planned = job.model;
      const { spec } = planned;
      const { name } = spec;
      if (current?.planned === planned && current.launch === launch) return current;
      await close();
      const startedMs = nowMs();
      emit({ type: 'launch-start', model: name, launch, launches });
      const engine = await openEngine(spec.engine);
      const { maxConcurrency } = engine;
      const engineOptions = {
        ...suiteEngineOptions(suite),
        ...(logFolder !== undefined && { logFolder }),
        onStatus: (line: string) => emit({ type: 'launch-progress', model: name, launch, line }),
      };
      const model = await engine.open(spec, engineOptions, signal);
      current = { planned, launch, model, maxConcurrency };
      await onLaunch(planned, model);
      emit({ type: 'launch-end', model: name, launch, info: model.info, durationMs: nowMs() - startedMs });
      return current;
    },
    close,
  };
}
