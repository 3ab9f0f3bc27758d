import type { Cell, CellError } from '../core/cell.ts';
import type { Sample } from '../core/sample.ts';
import type { ItemQuery, ListedItem, RunStatus } from '../core/store.ts';

/** What the viewer's server and its page say to each other; plain JSON. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly status: RunStatus;
  readonly protocol: string;
  readonly models: number;
  readonly tasks: number;
  readonly cells: Readonly<Partial<Record<Cell['state'], number>>>;
}

export interface CellSummary {
  readonly id: string;
  readonly runId: string;
  readonly model: string;
  readonly taskId: string;
  /** Of the task, where this version knows it. */
  readonly title: string | undefined;
  readonly state: Cell['state'];
  readonly items: number;
  readonly answered: number;
  readonly accuracy: number | undefined;
  readonly error: CellError | undefined;
}

export const itemFilters = ['all', 'wrong', 'right', 'unparsed', 'truncated', 'failed', 'disagreement'] as const;
export type ItemFilter = (typeof itemFilters)[number];

export interface ItemsRequest {
  readonly cellIds: readonly string[];
  readonly filter: ItemFilter;
  readonly search: string;
  readonly after?: ItemQuery['after'];
}

export interface ItemsPage {
  readonly items: readonly ListedItem[];
  readonly hasMore: boolean;
}

/** One item as several cells answered it; a cell that didn't has no sample. */
export interface ItemDetail {
  readonly samples: readonly { readonly cellId: string; readonly sample: Sample | undefined }[];
}
