import type { Comparison } from '../../scoring/comparison.ts';
import type { LoadedPage } from '../page-data.ts';
import type { CellSummary, ItemDetail, ItemsPage, ItemsRequest, RunSummary } from '../viewer-data.ts';

/** Where the page's data comes from: the viewer's server, or a double in tests. */
export interface DataSource {
  runs(): Promise<readonly RunSummary[]>;
  page(runId: string): Promise<LoadedPage>;
  cells(runId: string): Promise<readonly CellSummary[]>;
  items(request: ItemsRequest, signal: AbortSignal): Promise<ItemsPage>;
  countItems(request: ItemsRequest, signal: AbortSignal): Promise<number>;
  item(cellIds: readonly string[], itemId: string): Promise<ItemDetail>;
  compare(runA: string, runB: string): Promise<Comparison>;
  /** Calls back with the runs that changed (none named: any may have); returns what ends that. */
  subscribe(listener: (runIds: readonly string[]) => void, onState: (isLive: boolean) => void): () => void;
}

async function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(path, signal === undefined ? {} : { signal });
  const answer = (await response.json()) as Answer & { readonly error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the viewer returned status ${response.status}`);
  return answer;
}

function itemsQuery({ cellIds, filter, search, after }: ItemsRequest): string {
  const query = new URLSearchParams(cellIds.map((id) => ['cell', id]));
  query.set('filter', filter);
  if (search !== '') query.set('search', search);
  if (after !== undefined) {
    query.set('after', after.itemId);
    query.set('position', String(after.position));
  }
  return query.toString();
}

/** The server that the page came from. */
export const serverSource: DataSource = {
  runs: () => getJson('/api/runs'),
  async page(runId) {
    const { data, numbers } = await getJson<{ data: LoadedPage['data']; numbers: string }>(
      `/api/runs/${encodeURIComponent(runId)}`,
    );
    const bytes = Uint8Array.from(atob(numbers), (character) => character.charCodeAt(0));
    return { data, numbers: new Float32Array(bytes.buffer) };
  },
  cells: (runId) => getJson(`/api/runs/${encodeURIComponent(runId)}/cells`),
  items: (request, signal) => getJson(`/api/items?${itemsQuery(request)}`, signal),
  async countItems(request, signal) {
    return (await getJson<{ count: number }>(`/api/items/count?${itemsQuery(request)}`, signal)).count;
  },
  item(cellIds, itemId) {
    const query = new URLSearchParams(cellIds.map((id) => ['cell', id]));
    query.set('item', itemId);
    return getJson(`/api/item?${query.toString()}`);
  },
  compare: (runA, runB) => getJson(`/api/compare?${new URLSearchParams({ a: runA, b: runB }).toString()}`),
  subscribe(listener, onState) {
    const events = new EventSource('/api/events');
    events.addEventListener('hello', () => onState(true));
    events.addEventListener('error', () => onState(false));
    events.addEventListener('change', ({ data }: MessageEvent<string>) => {
      listener((JSON.parse(data) as { readonly runIds: readonly string[] }).runIds);
    });
    return () => events.close();
  },
};
