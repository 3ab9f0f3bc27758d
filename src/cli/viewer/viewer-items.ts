import type { Context, Hono } from 'hono';
import { UsageError } from '../../core/errors.ts';
import { listedCell, outcomes, type QueriedCell, type Store } from '../../core/store.ts';
import { type ItemDetail, type ItemsPage, type ItemsRequest, maxCells } from '../../page/viewer-data.ts';
import { framePrompts, type PromptFrame, promptFrame, promptQuestion } from '../../present/prompt-text.ts';
import { PageNotFoundError, type ViewerParts } from './viewer-parts.ts';

const pageItems = 50;

export function addItems(app: Hono, { store }: ViewerParts): void {
  const requestOf = (context: Context): ItemsRequest => itemsRequest(new URL(context.req.url).searchParams);
  app.get('/api/items', async (context) => {
    const request = requestOf(context);
    const items = await store.listItems({ ...request, limit: pageItems + 1 });
    const frame = await cellFrame(store, listedCell(request.cells)?.id ?? '');
    const page: ItemsPage = {
      items: items.slice(0, pageItems).map(({ prompt, ...item }) => ({
        ...item,
        question: promptQuestion(prompt, frame),
      })),
      hasMore: items.length > pageItems,
    };
    return context.json(page);
  });
  app.get('/api/items/count', async (context) => context.json({ count: await store.countItems(requestOf(context)) }));
  app.get('/api/item', async (context) => {
    const { cells } = requestOf(context);
    const itemId = context.req.query('item') ?? '';
    const samples = await Promise.all(
      cells.map(async ({ id }) => ({ cellId: id, sample: await store.sample(id, itemId) })),
    );
    const [first] = samples.filter(({ sample }) => sample !== undefined);
    if (first?.sample === undefined) throw new PageNotFoundError(`no item "${itemId}"`);
    const question = promptQuestion(first.sample.prompt, await cellFrame(store, first.cellId));
    const detail: ItemDetail = { question, samples };
    return context.json(detail);
  });
}

async function cellFrame(store: Store, cellId: string): Promise<PromptFrame> {
  const items = await store.listItems({ cells: [{ id: cellId }], limit: framePrompts });
  return promptFrame(items.map(({ prompt }) => prompt));
}

/** @throws {UsageError} if there are none, too many, or an outcome is wanted of another one */
function requestedCells(query: URLSearchParams): readonly QueriedCell[] {
  const ids = query.getAll('cell');
  if (ids.length === 0 || ids.length > maxCells) {
    throw new UsageError(`expected 1 to ${maxCells} cells, got ${ids.length}`);
  }
  const wanted = outcomes.flatMap((outcome) => query.getAll(outcome).map((id) => [id, outcome] as const));
  const stray = wanted.find(([id]) => !ids.includes(id));
  if (stray !== undefined) throw new UsageError(`${stray[1]}: "${stray[0]}" is none of the cells`);
  const outcomeOf = new Map(wanted);
  return ids.map((id) => ({ id, outcome: outcomeOf.get(id) }));
}

/**
 * A request for items out of an address.
 *
 * @throws {UsageError} if it is none
 */
function itemsRequest(query: URLSearchParams): ItemsRequest {
  const after = query.get('after');
  const position = Number(query.get('position') ?? 0);
  if (!Number.isInteger(position)) throw new UsageError('position: expected a whole number');
  return {
    cells: requestedCells(query),
    isDisputed: query.has('disputed'),
    search: query.get('search') ?? '',
    ...(after !== null && { after: { position, itemId: after } }),
  };
}
