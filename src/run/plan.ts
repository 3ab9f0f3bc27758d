import type { Engine, ModelSpec } from '../core/engine.ts';
import type { Manifest, ModelFacts, TaskFacts } from '../core/manifest.ts';
import type { ClientCeiling } from '../core/load.ts';
import type { HostMeter } from '../core/meter.ts';
import type { Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import type { Task } from '../core/task.ts';

/** A model whose weights are at hand. */
export interface PlannedModel {
  readonly spec: ModelSpec;
  readonly facts: ModelFacts;
}

/** A task with its items loaded. */
export interface PlannedTask {
  readonly task: Task;
  /** The whole evaluated split, in the task's own order. */
  readonly items: readonly unknown[];
  readonly examples: readonly unknown[];
  /** Positions that this run asks, in the pre-drawn random order. */
  readonly order: readonly number[];
  readonly facts: TaskFacts;
}

/** Everything that a run needs to know before it starts an engine. */
export interface RunPlan {
  readonly suite: Suite;
  readonly models: readonly PlannedModel[];
  readonly tasks: readonly PlannedTask[];
  readonly suiteKey: string;
  readonly manifest: Manifest;
}

/** What a run uses of the outside world, given by whoever starts it. */
export interface RunDependencies {
  readonly store: Store;
  readonly openEngine: (kind: string) => Promise<Engine>;
  readonly meter: HostMeter;
  /** Names this process in leases. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** Frames that a display has drawn so far; its cost is stored with the run. */
  readonly framesDrawn?: () => number;
  readonly leaseMs?: number;
  /** What this client can do at most; undefined where it wasn't calibrated. */
  readonly ceiling?: ClientCeiling | undefined;
  /** Logs of servers go into a folder per run below it. */
  readonly logFolder?: string;
}

export const defaultLeaseMs = 30_000;
