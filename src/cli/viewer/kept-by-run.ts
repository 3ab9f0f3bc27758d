import { hash } from 'node:crypto';
import type { Cell } from '../../core/cell.ts';
import type { RunRecord, Store } from '../../core/store.ts';

/** What takes a bootstrap to make, kept for as long as nothing in its run changes. */
export interface KeptByRun<Made> {
  get(run: RunRecord): Promise<Made>;
  /** What was made already; undefined where it has to be made first. */
  known(run: RunRecord, cells: readonly Cell[]): Made | undefined;
}

interface Kept<Made> {
  readonly state: string;
  readonly making: Promise<Made>;
  made?: Made;
}

/** What a change of a run shows in. */
function stateOf({ status }: RunRecord, cells: readonly Cell[]): string {
  const parts = cells.map(({ state, attempt, measurements }) => [state, attempt, measurements]);
  return hash('sha256', JSON.stringify([status, parts]), 'base64');
}

export function keepByRun<Made>(store: Pick<Store, 'cells'>, make: (run: RunRecord) => Promise<Made>): KeptByRun<Made> {
  const kept = new Map<string, Kept<Made>>();
  return {
    async get(run) {
      const state = stateOf(run, await store.cells(run.id));
      const before = kept.get(run.id);
      if (before?.state === state) return before.making;
      const entry: Kept<Made> = { state, making: make(run) };
      kept.set(run.id, entry);
      entry.making.then(
        (made) => {
          entry.made = made;
        },
        () => {
          // What failed is tried again the next time.
          if (kept.get(run.id) === entry) kept.delete(run.id);
        },
      );
      return entry.making;
    },
    known(run, cells) {
      const entry = kept.get(run.id);
      return entry?.state === stateOf(run, cells) ? entry.made : undefined;
    },
  };
}
