import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { streamSSE } from 'hono/streaming';
import { PerbenchError, UsageError } from '../../core/errors.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import type { LoadedPage } from '../../page/page-data.ts';
import {
  type ItemDetail,
  type ItemsPage,
  itemFilters,
  type CellSummary,
  type ItemFilter,
  type ItemsRequest,
  type RunSummary,
} from '../../page/viewer-data.ts';
import type { Comparison } from '../../scoring/comparison.ts';
import type { LiveUpdate, LiveUpdates } from './live-updates.ts';
import { valueOf } from '../../scoring/scoreboard.ts';
import { hash } from 'node:crypto';

export interface ViewerParts {
  readonly store: Store;
  /** The built page. */
  readonly shell: string;
  /** Values of `Host` that are this server's. */
  readonly hosts: () => readonly string[];
  readonly updates: LiveUpdates;
  readonly titles: (taskIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly makePage: (run: RunRecord) => Promise<LoadedPage>;
  readonly compare: (runA: string, runB: string) => Promise<Comparison>;
  /** Aborts when the server stops: streams end then. */
  readonly signal: AbortSignal;
}

const pageItems = 50;
const pingMs = 15_000;

async function wantedRun(store: Store, id: string): Promise<RunRecord> {
  const run = await store.getRun(id);
  if (run === undefined) throw new PageNotFoundError(`no run "${id}"`);
  return run;
}

class PageNotFoundError extends Error {}

function answerError(error: Error, context: Context): Response {
  if (error instanceof PageNotFoundError) return context.json({ error: error.message }, 404);
  if (error instanceof PerbenchError) return context.json({ error: error.message }, 400);
  return context.json({ error: `bug in perbench: ${error.message}` }, 500);
}

/** The viewer: a page, and what it reads from the store. Reads only. */
export function createViewerApp(parts: ViewerParts): Hono {
  const { store, shell, hosts, makePage, compare } = parts;
  const app = new Hono();
  app.onError(answerError);
  app.use(viewerGuard(hosts, shell));
  app.get('/', (context) => context.html(shell));
  app.get('/api/runs', async (context) => {
    const runs = await store.listRuns();
    return context.json(await Promise.all(runs.map((run) => summarizeRun(store, run))));
  });
  app.get('/api/runs/:id', async (context) => {
    const { data, numbers } = await makePage(await wantedRun(store, context.req.param('id')));
    const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return context.json({ data, numbers: bytes.toString('base64') });
  });
  app.get('/api/runs/:id/cells', async (context) => {
    const run = await wantedRun(store, context.req.param('id'));
    const cells = await store.cells(run.id);
    const titles = await parts.titles(cells.map(({ taskId }) => taskId));
    return context.json(await summarizeCells(store, run.id, (taskId) => titles.get(taskId)));
  });
  app.get('/api/compare', async (context) =>
    context.json(await compare(context.req.query('a') ?? '', context.req.query('b') ?? '')),
  );
  addItems(app, parts);
  addEvents(app, parts);
  app.notFound((context) => context.json({ error: 'not found' }, 404));
  return app;
}

function addItems(app: Hono, { store }: ViewerParts): void {
  const requestOf = (context: Context): ItemsRequest => itemsRequest(new URL(context.req.url).searchParams);
  app.get('/api/items', async (context) => {
    const { cellIds, filter, search, after } = requestOf(context);
    const only = filter === 'all' ? undefined : filter;
    const items = await store.listItems({ cellIds, only, search, after, limit: pageItems + 1 });
    const page: ItemsPage = { items: items.slice(0, pageItems), hasMore: items.length > pageItems };
    return context.json(page);
  });
  app.get('/api/items/count', async (context) => {
    const { cellIds, filter, search } = requestOf(context);
    const only = filter === 'all' ? undefined : filter;
    return context.json({ count: await store.countItems({ cellIds, only, search }) });
  });
  app.get('/api/item', async (context) => {
    const { cellIds } = requestOf(context);
    const itemId = context.req.query('item') ?? '';
    const samples = await Promise.all(
      cellIds.map(async (cellId) => ({ cellId, sample: await store.sample(cellId, itemId) })),
    );
    if (samples.every(({ sample }) => sample === undefined)) throw new PageNotFoundError(`no item "${itemId}"`);
    const detail: ItemDetail = { samples };
    return context.json(detail);
  });
}

function addEvents(app: Hono, { updates, signal }: ViewerParts): void {
  app.get('/api/events', (context) =>
    streamSSE(context, async (stream) => {
      const gone = new AbortController();
      const ends = AbortSignal.any([gone.signal, signal]);
      stream.onAbort(() => gone.abort());
      const send = ({ id, runIds }: LiveUpdate): Promise<void> =>
        stream.writeSSE({ id: String(id), event: 'change', data: JSON.stringify({ runIds }) });
      const seen = Number(context.req.header('last-event-id') ?? updates.latestId());
      updates.subscribe((update) => void send(update), ends);
      // Whoever was away missed something: which runs isn't known any more, so all of them.
      if (seen !== updates.latestId()) await send({ id: updates.latestId(), runIds: [] });
      await stream.writeSSE({ event: 'hello', data: '' });
      while (!ends.aborted) {
        await sleepUntil(pingMs, ends);
        if (!ends.aborted) await stream.writeSSE({ event: 'ping', data: '' });
      }
    }),
  );
}

function sleepUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Maximum number of cells side by side. */
const maxCells = 32;

async function summarizeRun(store: Store, run: RunRecord): Promise<RunSummary> {
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
async function summarizeCells(
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
function itemsRequest(query: URLSearchParams): ItemsRequest {
  const cellIds = query.getAll('cell');
  const filter = query.get('filter') ?? 'all';
  const after = query.get('after');
  if (cellIds.length === 0 || cellIds.length > maxCells) {
    throw new UsageError(`expected 1 to ${maxCells} cells, got ${cellIds.length}`);
  }
  if (!isFilter(filter)) throw new UsageError(`unknown filter "${filter}"`);
  const position = Number(query.get('position') ?? 0);
  if (!Number.isInteger(position)) throw new UsageError('position: expected a whole number');
  return {
    cellIds,
    filter,
    search: query.get('search') ?? '',
    ...(after !== null && { after: { position, itemId: after } }),
  };
}

/** Every inline script of a page by its hash, so that no other one runs. */
function scriptHashes(html: string): readonly string[] {
  return [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${hash('sha256', script, 'base64')}'`,
  );
}

function contentPolicy(shell: string): string {
  return [
    "default-src 'none'",
    `script-src ${scriptHashes(shell).join(' ')}`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Lets nobody in but this machine's own browser on this very address: a page elsewhere can make a browser ask us, by our
 * address (then `Origin` is another) or by a name of its own that points here (then `Host` is). Nothing can be written.
 *
 * @param hosts values of `Host` that are ours, such as `127.0.0.1:7575`
 */
function viewerGuard(hosts: () => readonly string[], shell: string): MiddlewareHandler {
  const policy = contentPolicy(shell);
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    const isOurs = hosts().includes(host) && (origin === undefined || origin === `http://${host}`);
    if (!isOurs) return context.text('Forbidden: this viewer serves only its own page.\n', 403);
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      return context.text('The viewer is read-only.\n', 405, { Allow: 'GET, HEAD' });
    }
    await next();
    context.header('Content-Security-Policy', policy);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('X-Frame-Options', 'DENY');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cache-Control', 'no-store');
    return undefined;
  };
}
