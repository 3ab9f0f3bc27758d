import type { Cell, CellMeasurements, PassName } from '../core/cell.ts';
import { UnsupportedError } from '../core/errors.ts';
import type { RunEvent } from '../core/event.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Claim, Store } from '../core/store.ts';
import type { ItemGate } from '../scoring/race/score-gate.ts';
import type { PlannedModel, PlannedTask, RunPlan } from './plan.ts';

/** A claimed cell with all that is needed to work on it. */
export interface CellJob {
  readonly cell: Cell;
  readonly claim: Claim;
  readonly planned: PlannedTask;
  readonly model: PlannedModel;
  /** What its last step ended with; how the cell ends by it is the strategy's business. */
  failure: { readonly error: unknown } | undefined;
}

/** What a strategy sees of its run. What was measured is in the store. */
export interface RunState {
  readonly runId: string;
  readonly plan: RunPlan;
  readonly store: Pick<Store, 'blocks' | 'cells' | 'getRun' | 'passResults' | 'samples' | 'sampleSummary' | 'scores'>;
  /** Cells that this process holds, by id. */
  readonly jobs: ReadonlyMap<string, CellJob>;
  /** The block of a cell's items that it holds, of its own cells or of another process's. */
  readonly block: CellJob | undefined;
  /** The run was told to stop: nothing new is asked. */
  readonly isStopped: boolean;
}

/** A pass with what it asks. */
export type PassOrder =
  /** Items in this order; a gate looks at the scores, and stops the pass once it has decided; time stops it too. */
  | {
      readonly pass: 'accuracy';
      readonly order: readonly number[];
      readonly gate: ItemGate | undefined;
      readonly time?: PassTime;
    }
  /** Items that are the same in every launch, or others in each. */
  | { readonly pass: 'throughput'; readonly items: LaunchItems | undefined }
  /** Single requests, from this place in the order of the panel and all other items; never more than there are. */
  | { readonly pass: 'latency'; readonly from: number; readonly requests: number };

/** When a pass asks nothing more; on the clock of `nowMs`. At least one item is asked. */
export interface PassTime {
  /** From then on only until so many items are asked. */
  readonly enoughAtMs: number;
  readonly least: number;
  /** From then on nothing, however few there were. */
  readonly endAtMs: number;
}

/**
 * Items of the throughput passes in a race: every launch asks them in this order, and so many at least, so that launches
 * differ by nothing that they were asked.
 */
export interface LaunchItems {
  readonly order: readonly number[];
  readonly least: number;
  /** The answers count as items. */
  readonly isKept: boolean;
}

/** Work on a cell with an engine, which is started where it isn't open in that launch. */
export interface WorkStep {
  /** `launch`: what the cell is owed of a launch, after a warm-up. `pass`: one more, as it is. */
  readonly type: 'launch' | 'pass';
  readonly job: CellJob;
  /** From 0. */
  readonly launch: number;
  /** How many the model will have, as far as that is known. */
  readonly launches: number;
  /** There may be more of them than that: in a race nobody knows how many. */
  readonly isOpenEnded?: boolean;
  readonly passes: readonly PassOrder[];
}

/** Ends a cell with what was measured so far; a failed one keeps its numbers for people, never for scores. */
export interface EndStep {
  readonly type: 'end';
  readonly job: CellJob;
  readonly state: 'done' | 'failed' | 'unavailable';
  readonly error: unknown;
  /** What of the measurements may be told. */
  readonly tell: (measured: CellMeasurements) => CellMeasurements;
}

export type WaitStep =
  | { readonly type: 'wait'; readonly cells: number }
  | { readonly type: 'wait'; readonly blocks: number };

/** Whose blocks are wanted: those of one cell, or of some models. */
export type BlockSearch = NonNullable<Parameters<Store['claimBlock']>[3]>;

export type Step =
  /** Takes what can be taken of these cells; what another process holds is left to it. */
  | { readonly type: 'claim'; readonly cells: readonly Cell[] }
  /** A moment before looking again at so many cells that others hold, or blocks of items that they answer. */
  | WaitStep
  /** Takes a block that nobody answers; then `block` has it, and nothing where there is none. */
  | { readonly type: 'claim-block'; readonly of: BlockSearch }
  /** Gives a cell or block back that is left to others. */
  | { readonly type: 'give-back'; readonly job: CellJob }
  | WorkStep
  /** Plans another number of items for a cell. */
  | { readonly type: 'items'; readonly job: CellJob; readonly items: number }
  /** Changes the stored manifest, then says so. */
  | { readonly type: 'note'; readonly change: (manifest: Manifest) => Manifest; readonly event: RunEvent | undefined }
  | EndStep;

/**
 * Chooses what a run does next; the runner does it, and the strategy sees in the state and in the store what came of it.
 * Ends when there is nothing left to do, or soon after the run was told to stop; what is still claimed then is given back.
 */
export type Strategy = (state: RunState) => AsyncGenerator<Step, void, void>;

/** Ends a cell as done, or by what went wrong: what an engine can't do is no failure. */
export function endStep(job: CellJob, failure: CellJob['failure'], tell: EndStep['tell']): EndStep {
  const error = failure?.error;
  const state = failure === undefined ? 'done' : error instanceof UnsupportedError ? 'unavailable' : 'failed';
  return { type: 'end', job, state, error, tell };
}

export const isOpen = ({ state }: Cell): boolean => state === 'pending' || state === 'running';

/** The usual passes by name, each as a full run asks it. */
export function passOrder(pass: PassName, { planned }: CellJob, { suite }: RunPlan): PassOrder {
  if (pass === 'accuracy') return { pass, order: planned.order, gate: undefined };
  if (pass === 'throughput') return { pass, items: undefined };
  return { pass: 'latency', from: 0, requests: Math.min(suite.latencyRequests, planned.order.length) };
}
