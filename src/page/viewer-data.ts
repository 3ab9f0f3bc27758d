import type { Cell, CellError } from '../core/cell.ts';
import type { HostFacts } from '../core/manifest.ts';
import type { Sample } from '../core/sample.ts';
import type { ItemQuery, ListedItem, RunStatus } from '../core/store.ts';

/** What the viewer's server and its page say to each other; plain JSON. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly status: RunStatus;
  readonly protocol: string;
  /** In the order of the suite. */
  readonly models: readonly string[];
  /** Titles, or ids where this version doesn't know the task. */
  readonly tasks: readonly string[];
  readonly cells: Readonly<Partial<Record<Cell['state'], number>>>;
  /** Undefined where the numbers were measured by another program, nobody knows on what. */
  readonly host: HostFacts | undefined;
  /** What the run comes to, in a sentence, where that has been found out already. */
  readonly answer: string | undefined;
}

/** The newest runs, as many as were asked for. */
export interface RunsPage {
  readonly runs: readonly RunSummary[];
  /** How many there are. */
  readonly count: number;
}

export interface RunsRequest {
  readonly search: string;
  readonly limit: number;
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

/** Maximum number of runs in a list. */
export const maxRuns = 1000;

/** Maximum number of cells side by side. */
export const maxCells = 32;

export interface ItemsRequest extends Pick<ItemQuery, 'cells' | 'after'> {
  readonly isDisputed: boolean;
  readonly search: string;
}

/** An item as the list shows it: its prompt cut down to the first words that are its own. */
export interface ItemLine extends Omit<ListedItem, 'prompt'> {
  readonly question: string;
}

export interface ItemsPage {
  readonly items: readonly ItemLine[];
  readonly hasMore: boolean;
}

/** One item as several cells answered it; a cell that didn't has no sample. */
export interface ItemDetail {
  readonly question: string;
  readonly samples: readonly { readonly cellId: string; readonly sample: Sample | undefined }[];
}
