import type { VNode } from 'preact';
import type { DataSource } from './data-source.ts';

/** What every part of the viewer gets. */
export interface ViewProps {
  readonly source: DataSource;
  /** Rises whenever something that the page shows may have changed. */
  readonly version: number;
}

/** While something is fetched, or why it can't be. */
export function Waiting({ error }: { readonly error: string | undefined }): VNode {
  return error === undefined ? (
    <p class="loading" role="status">
      Loading…
    </p>
  ) : (
    <p class="note" role="alert">
      {error}
    </p>
  );
}
