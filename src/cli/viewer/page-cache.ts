import type { RunRecord, Store } from '../../core/store.ts';
import type { LoadedPage } from '../../report/page-data.ts';

/** Pages take a bootstrap to make, so one is kept for as long as nothing in its run changes. */
export function cachedPages(
  store: Store,
  make: (run: RunRecord) => Promise<LoadedPage>,
): (run: RunRecord) => Promise<LoadedPage> {
  const kept = new Map<string, { readonly state: string; readonly page: Promise<LoadedPage> }>();
  return async (run) => {
    const cells = await store.cells(run.id);
    const state = JSON.stringify([
      run.status,
      cells.map(({ state: own, attempt, measurements }) => [own, attempt, measurements]),
    ]);
    const known = kept.get(run.id);
    if (known?.state === state) return known.page;
    const page = make(run);
    kept.set(run.id, { state, page });
    // What failed is tried again the next time.
    page.catch(() => kept.delete(run.id));
    return page;
  };
}
