import type { PassResult } from '../../core/cell.ts';
import type { RunEvent } from '../../core/event.ts';
import type { Limit } from '../../core/limits.ts';
import type { Suite } from '../../core/suite.ts';
import type { SweepLoad } from '../../core/sweep.ts';
import type { PlannedModel, RunDependencies } from '../plan.ts';

/** The loads of a sweep. */
export interface SweepAxes {
  readonly promptTokens: readonly number[];
  readonly outputTokens: number;
  readonly concurrency: readonly number[];
  /** Requests of each load at least, over all launches: 95th percentiles take 130. */
  readonly requests: number;
}

/** In place of given concurrencies: the highest that keeps a limit is looked for. */
export interface LoadSearch {
  readonly limit: Limit;
  readonly maxConcurrency: number;
}

export interface SweepPlan {
  /** Its models are those below, its concurrency the highest of the sweep, and a search has one launch. */
  readonly suite: Suite;
  readonly models: readonly PlannedModel[];
  readonly axes: SweepAxes;
  readonly search: LoadSearch | undefined;
}

/** What a sweep says while it goes on. */
export type SweepEvent =
  | RunEvent
  | { readonly type: 'window-start'; readonly model: string; readonly load: SweepLoad; readonly launch: number }
  | {
      readonly type: 'window-end';
      readonly model: string;
      readonly load: SweepLoad;
      readonly launch: number;
      readonly result: PassResult;
    }
  /** A load that can't be measured. */
  | { readonly type: 'load-problem'; readonly model: string; readonly load: SweepLoad; readonly reason: string };

/** What a sweep uses of the outside world. */
export interface SweepDependencies extends Pick<
  RunDependencies,
  'openEngine' | 'meter' | 'signal' | 'ceiling' | 'logFolder' | 'skipWait'
> {
  /** Number of the first request, which its prompt begins with: another in every sweep. 0 to 2^32 - 1. */
  readonly firstRequest: number;
  readonly emit: (event: SweepEvent) => void;
}
