import type { RunRecord, Store } from '../../core/store.ts';
import type { LoadedPage } from '../../page/page-data.ts';
import type { Comparison } from '../../scoring/comparison.ts';
import type { KeptByRun } from './kept-by-run.ts';
import type { LiveUpdates } from './live-updates.ts';

/** What the viewer's answers are made of. */
export interface ViewerParts {
  readonly store: Store;
  /** The built page. */
  readonly shell: string;
  /** Values of `Host` that are this server's. */
  readonly hosts: () => readonly string[];
  /** The token without which nobody is let in. */
  readonly access: string;
  readonly updates: LiveUpdates;
  readonly titles: (taskIds: readonly string[], runs: readonly RunRecord[]) => Promise<ReadonlyMap<string, string>>;
  readonly makePage: (run: RunRecord) => Promise<LoadedPage>;
  /** What a run comes to, in a sentence; undefined where nothing can be said. */
  readonly answers: KeptByRun<string | undefined>;
  readonly compare: (runA: string, runB: string) => Promise<Comparison>;
  /** Aborts when the server stops: streams end then. */
  readonly signal: AbortSignal;
}

export class PageNotFoundError extends Error {}

/** @throws {PageNotFoundError} if there is no such run */
export async function wantedRun(store: Store, id: string): Promise<RunRecord> {
  const run = await store.getRun(id);
  if (run === undefined) throw new PageNotFoundError(`no run "${id}"`);
  return run;
}
