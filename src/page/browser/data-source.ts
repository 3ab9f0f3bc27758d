import type { RunHead } from '../../core/store.ts';
import type { Comparison } from '../../scoring/comparison.ts';
import type { LoadedPage } from '../page-data.ts';
import type {
  CellSummary,
  ItemDetail,
  ItemsPage,
  ItemsRequest,
  RunsPage,
  RunsRequest,
  RunSummary,
} from '../viewer-data.ts';

/** Where the page's data comes from: the viewer's server, or a double in tests. */
export interface DataSource {
  runs(request: RunsRequest): Promise<RunsPage>;
  runHeads(): Promise<readonly RunHead[]>;
  run(runId: string): Promise<RunSummary>;
  /** What a run comes to, in a sentence; undefined where nothing can be said. */
  answer(runId: string): Promise<string | undefined>;
  page(runId: string): Promise<LoadedPage>;
  cells(runId: string): Promise<readonly CellSummary[]>;
  items(request: ItemsRequest, signal: AbortSignal): Promise<ItemsPage>;
  countItems(request: ItemsRequest, signal: AbortSignal): Promise<number>;
  item(cellIds: readonly string[], itemId: string): Promise<ItemDetail>;
  /** Each side is a run, or a model of one: `run:model`. */
  compare(sideA: string, sideB: string): Promise<Comparison>;
  /** Calls back with the runs that changed (none named: any may have); returns what ends that. */
  subscribe(listener: (runIds: readonly string[]) => void, onState: (isLive: boolean) => void): () => void;
}

async function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(path, signal === undefined ? {} : { signal });
  const answer = (await response.json()) as Answer & { readonly error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the viewer returned status ${response.status}`);
  return answer;
}

function itemsQuery({ cells, isDisputed, search, after }: ItemsRequest): string {
  const query = new URLSearchParams(cells.map(({ id }) => ['cell', id]));
  for (const { id, outcome } of cells) if (outcome !== undefined) query.append(outcome, id);
  if (isDisputed) query.set('disputed', '');
  if (search !== '') query.set('search', search);
  if (after !== undefined) {
    query.set('after', after.itemId);
    query.set('position', String(after.position));
  }
  return query.toString();
}

function runPath(runId: string): string {
  return `/api/runs/${encodeURIComponent(runId)}`;
}

/** The server that the page came from. */
export const serverSource: DataSource = {
  runs: ({ search, limit }) => getJson(`/api/runs?${new URLSearchParams({ search, limit: String(limit) }).toString()}`),
  runHeads: () => getJson('/api/run-heads'),
  run: (runId) => getJson(`${runPath(runId)}/summary`),
  async answer(runId) {
    return (await getJson<{ readonly answer?: string }>(`${runPath(runId)}/answer`)).answer;
  },
  async page(runId) {
    const { data, numbers } = await getJson<{ data: LoadedPage['data']; numbers: string }>(runPath(runId));
    const bytes = Uint8Array.from(atob(numbers), (character) => character.charCodeAt(0));
    return { data, numbers: new Float32Array(bytes.buffer) };
  },
  cells: (runId) => getJson(`${runPath(runId)}/cells`),
  items: (request, signal) => getJson(`/api/items?${itemsQuery(request)}`, signal),
  async countItems(request, signal) {
    return (await getJson<{ count: number }>(`/api/items/count?${itemsQuery(request)}`, signal)).count;
  },
  item(cellIds, itemId) {
    const query = new URLSearchParams(cellIds.map((id) => ['cell', id]));
    query.set('item', itemId);
    return getJson(`/api/item?${query.toString()}`);
  },
  compare: (a, b) => getJson(`/api/compare?${new URLSearchParams({ a, b }).toString()}`),
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
