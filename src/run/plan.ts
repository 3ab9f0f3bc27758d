import type { Cell } from '../core/cell.ts';
import type { Engine, ModelSpec } from '../core/engine.ts';
import type { Manifest, ModelFacts, TaskFacts } from '../core/manifest.ts';
import type { ClientCeiling } from '../core/load.ts';
import type { HostMeter } from '../core/meter.ts';
import type { Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import type { Task } from '../core/task.ts';
import { createHash } from 'node:crypto';
import { createRandom, type Random, randomOrder } from '../stats/random.ts';

export interface PlannedModel {
  readonly spec: ModelSpec;
  /** What of the engine's options decides answers: models that differ in the others alone share their answers. */
  readonly answerOptions: Readonly<Record<string, unknown>>;
  readonly facts: ModelFacts;
}

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

/** A process that works on a run beside others, on machines of their own. */
export interface WorkerPlace {
  /** Its times count, so what its launches tell of a model is kept; else it answers items for others. */
  readonly measures: boolean;
  /** Hears why a cell or block was given back unfinished: it began with another engine build, or can't be answered here. */
  readonly onGivenBack: (cell: Cell, why: unknown) => void;
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
  readonly framesDrawn: () => number;
  readonly leaseMs?: number;
  /** What this client can do at most; undefined where it wasn't calibrated. */
  readonly ceiling: ClientCeiling | undefined;
  /** Logs of servers go into a folder per run below it. */
  readonly logFolder: string | undefined;
  /** Calls back when somebody doesn't want to wait for a quiet machine; returns how to stop listening. */
  readonly skipWait?: ((onSkip: () => void) => () => void) | undefined;
  /** Go on though none of a model's answers is of use. */
  readonly force?: boolean | undefined;
  /** Show the first prompt of each cell as it is sent. */
  readonly writeOut?: boolean | undefined;
  /** This machine, as results name it; without it they name none, as where one machine does everything. */
  readonly hostname?: string | undefined;
  /** Undefined where nobody else is asked to work on the run. */
  readonly place?: WorkerPlace | undefined;
}

/** A seed of 32 bits from the run's seed and whatever the order is for. */
function seedFor(seed: number, ...purpose: readonly string[]): number {
  return createHash('sha256')
    .update(JSON.stringify([seed, ...purpose]))
    .digest()
    .readUInt32LE(0);
}

/** The positions that a run asks of a task: the first `limit` of a random order that only seed and task decide. */
export function itemOrder(items: number, limit: number | undefined, seed: number, taskId: string): readonly number[] {
  return Array.from(randomOrder(items, seedFor(seed, 'items', taskId)).subarray(0, limit));
}

/** Random numbers that only the run's seed and what they are for decide. */
export function randomPositions(seed: number, ...purpose: readonly string[]): Random {
  return createRandom(seedFor(seed, ...purpose));
}

/** The same positions in another order, for a pass that measures time. */
export function shuffledOrder(
  positions: readonly number[],
  seed: number,
  ...purpose: readonly string[]
): readonly number[] {
  const order = randomOrder(positions.length, seedFor(seed, ...purpose));
  return Array.from(order, (index) => positions[index] ?? 0);
}
