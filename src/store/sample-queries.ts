import { type Kysely, sql, type RawBuilder } from 'kysely';
import type { ItemQuery, ItemVerdict, ListedItem, SampleSummary, Store } from '../core/store.ts';
import { readSample, readScore, type ScoreRow, type WholeRow } from './sample-rows.ts';
import type { Database, SampleTable } from './schema.ts';

type SampleQueries = Pick<
  Store,
  'finishedItemIds' | 'sampleSummary' | 'samples' | 'scores' | 'sample' | 'listItems' | 'countItems' | 'sampleCounts'
>;

const samplePageRows = 200;
const scorePageRows = 2000;

export function createSampleQueries(db: Kysely<Database>): SampleQueries {
  return {
    async finishedItemIds(cellId) {
      const rows = await db.selectFrom('sample').select('item_id').where('cell_id', '=', cellId).execute();
      return new Set(rows.map((row) => row.item_id));
    },
    sampleSummary: (cellId) => sampleSummary(db, cellId),
    async *samples(cellId, { only, limit, afterPosition } = {}) {
      const rows = inPositionOrder<WholeRow>(
        (after, pageRows) =>
          pageBehind(matching(db, { cellIds: [cellId], only }), after, pageRows)
            .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
            .selectAll('sample')
            .select('prompt.text as prompt')
            .execute(),
        { pageRows: samplePageRows, limit, after: afterPosition },
      );
      for await (const row of rows) yield readSample(row);
    },
    async *scores(cellId) {
      const rows = inPositionOrder<ScoreRow>(
        (after, pageRows) =>
          pageBehind(matching(db, { cellIds: [cellId] }), after, pageRows)
            .select(['item_id', 'position', 'score', 'answer', 'is_unparsed', 'metrics', 'detail', 'cluster'])
            .execute(),
        { pageRows: scorePageRows, limit: undefined, after: undefined },
      );
      for await (const row of rows) yield readScore(row, cellId);
    },
    async sample(cellId, itemId) {
      const row = await db
        .selectFrom('sample')
        .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
        .selectAll('sample')
        .select('prompt.text as prompt')
        .where('cell_id', '=', cellId)
        .where('item_id', '=', itemId)
        .executeTakeFirst();
      return row && readSample(row);
    },
    listItems: (query) => listItems(db, query),
    async countItems(query) {
      const row = await matching(db, query)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async sampleCounts(runId) {
      const rows = await db
        .selectFrom('sample')
        .innerJoin('cell', 'cell.id', 'sample.cell_id')
        .where('cell.run_id', '=', runId)
        .groupBy('sample.cell_id')
        .select(({ fn }) => ['sample.cell_id', fn.countAll().as('count')])
        .execute();
      return new Map(rows.map(({ cell_id, count }) => [cell_id, Number(count)]));
    },
  };
}

async function sampleSummary(db: Kysely<Database>, cellId: string): Promise<SampleSummary> {
  const row = await db
    .selectFrom('sample')
    .where('cell_id', '=', cellId)
    .select(({ fn, eb }) => [
      fn.countAll().as('items'),
      fn.sum('score').as('scoreSum'),
      fn.sum(eb('score', '*', eb.ref('score'))).as('scoreSquareSum'),
      fn.count('failure_reason').as('failed'),
      fn.sum('is_unparsed').as('unparsed'),
      fn.sum('is_truncated').as('truncated'),
      fn.sum('prompt_tokens').as('promptTokens'),
      fn.sum('output_tokens').as('outputTokens'),
    ])
    .executeTakeFirstOrThrow();
  // A sum over no rows is null, and PostgreSQL returns big numbers as text.
  return {
    items: Number(row.items),
    scoreSum: Number(row.scoreSum),
    scoreSquareSum: Number(row.scoreSquareSum),
    failed: Number(row.failed),
    unparsed: Number(row.unparsed),
    truncated: Number(row.truncated),
    promptTokens: Number(row.promptTokens),
    outputTokens: Number(row.outputTokens),
  };
}

/** A place in position order, behind which a page begins. */
interface Place {
  readonly position: number;
  /** Undefined: behind all rows of this position. */
  readonly itemId: string | undefined;
}

function isBehind({ position, itemId }: Place): RawBuilder<boolean> {
  if (itemId === undefined) return sql<boolean>`sample.position > ${position}`;
  return sql<boolean>`(sample.position, sample.item_id) > (${position}, ${itemId})`;
}

function pageBehind(query: ReturnType<typeof matching>, after: Place | undefined, limit: number) {
  const behind = after === undefined ? query : query.where(isBehind(after));
  return behind.orderBy('sample.position').orderBy('sample.item_id').limit(limit);
}

/**
 * Page by page, so that a cell of any size takes the memory of one page, and no statement stays open in between: that
 * would keep the write-ahead log from being emptied.
 */
async function* inPositionOrder<Row extends { readonly item_id: string; readonly position: number }>(
  fetchPage: (after: Place | undefined, limit: number) => Promise<readonly Row[]>,
  options: { readonly pageRows: number; readonly limit: number | undefined; readonly after: number | undefined },
): AsyncGenerator<Row, void, void> {
  let after: Place | undefined =
    options.after === undefined ? undefined : { position: options.after, itemId: undefined };
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const wanted = Math.min(options.pageRows, left);
    const rows = await fetchPage(after, wanted);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < wanted) return;
    after = { position: last.position, itemId: last.item_id };
    left -= rows.length;
  }
}

const filters = {
  right: () => sql<boolean>`sample.score >= 1`,
  wrong: () => sql<boolean>`sample.score < 1`,
  unparsed: () => sql<boolean>`sample.is_unparsed = 1`,
  truncated: () => sql<boolean>`sample.is_truncated = 1`,
  failed: () => sql<boolean>`sample.failure_reason is not null`,
  disagreement: ([, ...others]: readonly string[]) =>
    others.length === 0
      ? sql<boolean>`1 = 0`
      : sql<boolean>`exists (select 1 from sample as other where other.cell_id in (${sql.join(others)})
          and other.item_id = sample.item_id and other.score <> sample.score)`,
} as const satisfies Record<NonNullable<ItemQuery['only']>, (cellIds: readonly string[]) => RawBuilder<boolean>>;

/** Text that contains the words, with the characters that mean something to LIKE taken as they are. */
function containing(words: string): string {
  return `%${words.toLowerCase().replaceAll(/[!%_]/g, (character) => `!${character}`)}%`;
}

function contains(words: string): RawBuilder<boolean> {
  const pattern = containing(words);
  // Short texts first: the prompt is only read where nothing else fits.
  return sql<boolean>`(lower(sample.item_id) like ${pattern} escape '!'
    or lower(sample.expected) like ${pattern} escape '!'
    or lower(coalesce(sample.answer, '')) like ${pattern} escape '!'
    or lower(sample.output) like ${pattern} escape '!'
    or exists (select 1 from prompt where prompt.id = sample.prompt_id and lower(prompt.text) like ${pattern} escape '!'))`;
}

/** Samples of the first cell that a query asks for. */
function matching(db: Kysely<Database>, { cellIds, only, search }: Omit<ItemQuery, 'limit' | 'after'>) {
  const [first = ''] = cellIds;
  let select = db.selectFrom('sample').where('sample.cell_id', '=', first);
  if (only !== undefined) select = select.where(filters[only](cellIds));
  if (search !== undefined && search !== '') select = select.where(contains(search));
  return select;
}

async function listItems(db: Kysely<Database>, query: ItemQuery): Promise<readonly ListedItem[]> {
  const { after, limit, cellIds } = query;
  const page = pageBehind(matching(db, query), after, limit);
  const rows = await page.select(['sample.item_id', 'sample.position', 'sample.expected']).execute();
  if (rows.length === 0) return [];
  const itemIds = rows.map(({ item_id }) => item_id);
  const found = await db
    .selectFrom('sample')
    .select(['cell_id', 'item_id', 'score', 'answer', 'is_unparsed', 'is_truncated', 'failure_reason'])
    .where('cell_id', 'in', cellIds)
    .where('item_id', 'in', itemIds)
    .execute();
  const verdicts = Map.groupBy(found, ({ item_id }) => item_id);
  return rows.map(({ item_id, position, expected }) => {
    const own = (verdicts.get(item_id) ?? []).map(readVerdict);
    const inOrder = cellIds.flatMap((cellId) => own.filter((verdict) => verdict.cellId === cellId));
    return { itemId: item_id, position, expected, verdicts: inOrder };
  });
}

function readVerdict(
  row: Pick<SampleTable, 'cell_id' | 'score' | 'answer' | 'is_unparsed' | 'is_truncated' | 'failure_reason'>,
): ItemVerdict {
  return {
    cellId: row.cell_id,
    score: row.score,
    answer: row.answer ?? undefined,
    isUnparsed: row.is_unparsed === 1,
    isTruncated: row.is_truncated === 1,
    isFailed: row.failure_reason !== null,
  };
}
