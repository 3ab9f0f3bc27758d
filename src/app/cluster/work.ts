import type { RunEvent } from '../../core/event.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import { libraryContext, type RunOptions } from '../run.ts';
import type { WorkOptions, WorkOutcome } from './work-options.ts';
import { workOnRun } from './work-on-run.ts';

export interface WorkRunOptions
  extends
    Omit<WorkOptions, 'store' | 'signal' | 'dataDir' | 'skipWait' | 'framesDrawn'>,
    Pick<
      RunOptions,
      'dataDir' | 'workingFolder' | 'environment' | 'signal' | 'tasks' | 'perbenchVersion' | 'onPull' | 'onNote'
    > {}

/**
 * Works on a stored run beside other workers, on this machine and on others, until nothing is left for this one: what
 * `perbench work` does. Says what happens, and in the end how it ended.
 *
 * @throws as {@link workOnRun}
 */
export async function* work(
  store: Store,
  run: RunRecord,
  { signal = new AbortController().signal, ...options }: WorkRunOptions = {},
): AsyncGenerator<RunEvent, WorkOutcome, void> {
  const context = libraryContext(options);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  return yield* workOnRun(run, context, { ...options, store, signal });
}
