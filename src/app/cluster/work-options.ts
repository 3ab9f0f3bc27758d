import type { HostFacts } from '../../core/manifest.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import type { RunDependencies } from '../../run/plan.ts';
import type { WorkerFolders } from './prepare-worker.ts';
import type { WorkerSign } from './worker-sign.ts';

export interface WorkOptions extends Partial<WorkerFolders> {
  readonly store: Store;
  /** Stops the worker: what is in flight is finished and kept, the rest is given back. */
  readonly signal: AbortSignal;
  /** Of these models alone, by name. */
  readonly models?: readonly string[] | undefined;
  /** The name of the job that it is of. */
  readonly job?: string | undefined;
  /** Answers blocks of items, and measures no times. */
  readonly accuracyOnly?: boolean | undefined;
  /** How long to wait at most where others hold all that is left; by default until they end. */
  readonly waitMs?: number | undefined;
  readonly leaseMs?: number | undefined;
  readonly framesDrawn?: (() => number) | undefined;
  readonly skipWait?: RunDependencies['skipWait'];
}

/** How a worker ended. */
export interface WorkOutcome {
  /** Cells that failed here. */
  readonly failedCells: number;
  /** Why this machine can't do work that is left, one sentence each. */
  readonly missing: readonly string[];
  /** Work is left that only machines of other hardware may do. */
  readonly isOtherHardware: boolean;
}

/** What a worker is told at its start. */
export interface WorkerStart {
  readonly run: RunRecord;
  readonly host: HostFacts;
  readonly sign: WorkerSign;
  readonly leaseMs: number;
}
