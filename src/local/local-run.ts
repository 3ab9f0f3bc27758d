import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import type { RunEvent } from '../core/event.ts';
import type { Store } from '../core/store.ts';
import { openEngine } from '../engines/index.ts';
import { openRun } from '../run/open-run.ts';
import type { RunDependencies, RunPlan } from '../run/plan.ts';
import { runSuite } from '../run/run.ts';
import type { LocalContext } from './local-context.ts';

export interface LocalRunOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Id of the run to go on with; by default the latest unfinished one that asks the same. */
  readonly resumeId?: string;
  /** A new run even where an unfinished one asks the same. */
  readonly isFresh?: boolean;
  /** Cells that failed are tried again. */
  readonly retryFailed?: boolean;
  readonly framesDrawn?: () => number;
}

/** Names this process in the store, uniquely. */
function ownerName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
}

/** Runs a prepared suite on this machine; see `runSuite` for what it says and throws. */
export async function* localRun(
  plan: RunPlan,
  context: Pick<LocalContext, 'meter' | 'environment' | 'logFolder' | 'readCeiling'>,
  { store, signal, framesDrawn, ...options }: LocalRunOptions,
): AsyncGenerator<RunEvent, void, void> {
  const opened = await openRun(plan, store, {
    ...options,
    now: new Date(),
    random: () => randomBytes(4).readUInt32LE(0) / 2 ** 32,
  });
  const dependencies: RunDependencies = {
    store,
    signal,
    openEngine: (kind) => openEngine(kind, { environment: context.environment ?? {} }),
    meter: context.meter,
    ceiling: await context.readCeiling?.(plan.suite.clientProcesses),
    owner: ownerName(),
    ...(context.logFolder !== undefined && { logFolder: context.logFolder }),
    ...(framesDrawn !== undefined && { framesDrawn }),
  };
  yield* runSuite({ plan, dependencies, ...opened });
}
