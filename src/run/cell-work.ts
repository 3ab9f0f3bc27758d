import type { RunEvent } from '../core/event.ts';
import type { TaskFacts } from '../core/manifest.ts';
import type { Suite } from '../core/suite.ts';
import type { RunDependencies } from './plan.ts';
import type { CellJob } from './strategy.ts';

export type FirstPrompt = TaskFacts['firstPrompts'][string];

/** A cell whose items are asked, and how that stops, is kept and is told. */
export interface ItemWork {
  readonly job: CellJob;
  readonly suite: Suite;
  readonly dependencies: RunDependencies;
  readonly leaseMs: number;
  /** Stops asking: the run was told to stop, or the cell was lost. What is in flight is finished and kept. */
  readonly stopSignal: AbortSignal;
  /** Gives up what is in flight. */
  readonly forceSignal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly onFirstPrompt: (prompt: FirstPrompt) => void;
  /** So many answers were taken over from another cell's model. */
  readonly onTaken: (from: string, items: number) => void;
}
