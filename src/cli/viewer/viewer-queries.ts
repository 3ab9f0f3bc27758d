import { UsageError } from '../../core/errors.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import {
  itemFilters,
  type CellSummary,
  type ItemFilter,
  type ItemsRequest,
  type RunSummary,
} from '../../report/viewer-data.ts';

/** Most cells that may be put side by side. */
const mostCells = 32;

export async function summarizeRun(store: Store, run: RunRecord): Promise<RunSummary> {
  const cells = await store.cells(run.id);
  const counts: Partial<Record<CellSummary['state'], number>> = {};
  for (const { state } of cells) counts[state] = (counts[state] ?? 0) + 1;
  const { id, name, createdAtMs, status, protocol } = run;
  return {
    id,
    name,
    createdAtMs,
    status,
    protocol,
    models: new Set(cells.map(({ model }) => model)).size,
    tasks: new Set(cells.map(({ taskId }) => taskId)).size,
    cells: counts,
  };
}

/** The cells of a run with how far they are. */
export async function summarizeCells(
  store: Store,
  runId: string,
  titleOf: (taskId: string) => string | undefined,
): Promise<readonly CellSummary[]> {
  const cells = await store.cells(runId);
  const counts = await store.sampleCounts(runId);
  return cells.map(({ id, model, taskId, state, items, error, measurements }) => ({
    id,
    runId,
    model,
    taskId,
    title: titleOf(taskId),
    state,
    items,
    answered: counts.get(id) ?? 0,
    accuracy: valueOf(measurements.accuracy),
    error,
  }));
}

function isFilter(text: string): text is ItemFilter {
  return (itemFilters as readonly string[]).includes(text);
}

/**
 * A request for items out of an address.
 *
 * @throws {UsageError} if it is none
 */
export function itemsRequest(query: URLSearchParams): ItemsRequest {
  const cellIds = query.getAll('cell');
  const filter = query.get('filter') ?? 'all';
  const after = query.get('after');
  if (cellIds.length === 0 || cellIds.length > mostCells) {
    throw new UsageError(`1 to ${mostCells} cells must be named, got ${cellIds.length}`);
  }
  if (!isFilter(filter)) throw new UsageError(`"${filter}" is no filter`);
  const position = Number(query.get('position') ?? 0);
  if (!Number.isInteger(position)) throw new UsageError('a position is a whole number');
  return {
    cellIds,
    filter,
    search: query.get('search') ?? '',
    ...(after !== null && { after: { position, itemId: after } }),
  };
}
