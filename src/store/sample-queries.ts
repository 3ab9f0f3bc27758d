import { type Kysely, sql, type RawBuilder } from 'kysely';
import {
  listedCell,
  type ItemQuery,
  type ItemVerdict,
  type ListedItem,
  type Outcome,
  type SampleSummary,
  type StoredScore,
  type Store,
} from '../core/store.ts';
import { containing } from './conditions.ts';
import { readCut, readSample, readScore, type ScoreRow, type WholeRow } from './sample-rows.ts';
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
          pageBehind(matching(db, { cells: [{ id: cellId, outcome: only }] }), after, pageRows)
            .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
            .selectAll('sample')
            .select('prompt.text as prompt')
            .execute(),
        { pageRows: samplePageRows, limit, after: afterPosition },
      );
      for await (const row of rows) yield readSample(row);
    },
    scores: (cellId) => storedScores(db, cellId),
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

async function* storedScores(db: Kysely<Database>, cellId: string): AsyncGenerator<StoredScore> {
  const cuts = await cutItems(db, cellId);
  const rows = inPositionOrder<ScoreRow>(
    (after, pageRows) =>
      pageBehind(matching(db, { cells: [{ id: cellId }] }), after, pageRows)
        .select(['item_id', 'position', 'score', 'answer', 'is_unparsed', 'metrics', 'detail', 'cluster', 'expected'])
        .execute(),
    { pageRows: scorePageRows, limit: undefined, after: undefined },
  );
  for await (const row of rows) {
    const cut = cuts.get(row.item_id);
    yield cut === undefined ? readScore(row, cellId) : { ...readScore(row, cellId), cut };
  }
}

/** Items whose answer was cut, in most cells none: found by the index, as the column lies behind the texts of a row. */
async function cutItems(db: Kysely<Database>, cellId: string): Promise<ReadonlyMap<string, StoredScore['cut']>> {
  const rows = await db
    .selectFrom('sample')
    .select(['item_id', 'cut'])
    .where('cell_id', '=', cellId)
    .where('cut', 'is not', null)
    .execute();
  return new Map(rows.map(({ item_id, cut }) => [item_id, readCut(cut)]));
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
      fn.sum('prompt_tokens').filterWhere('prompt_tokens', '>=', 0).as('promptTokens'),
      fn.sum('output_tokens').filterWhere('output_tokens', '>=', 0).as('outputTokens'),
      fn.countAll().filterWhere('output_tokens', '<', 0).as('uncounted'),
      fn
        // 46,341 squared is no integer of 32 bits, and sums of squares none that is exact.
        .sum(sql<number>`cast(output_tokens as double precision) * output_tokens`)
        .filterWhere('output_tokens', '>=', 0)
        .as('outputTokenSquareSum'),
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
    uncounted: Number(row.uncounted),
    outputTokenSquareSum: Number(row.outputTokenSquareSum),
    ...(await thoughtSummary(db, cellId)),
  };
}

/** By the index alone: these columns lie behind the texts of a row. */
async function thoughtSummary(
  db: Kysely<Database>,
  cellId: string,
): Promise<Pick<SampleSummary, 'thinkingTokens' | 'thoughtful' | 'budgetCut' | 'mostCutTokens' | 'contentFiltered'>> {
  const row = await db
    .selectFrom('sample')
    .where('cell_id', '=', cellId)
    .select(({ fn }) => [
      fn.sum('thinking_tokens').as('thinkingTokens'),
      fn.count('thinking_tokens').as('thoughtful'),
      sql`count(case when cut = 'budget_cut' then 1 end)`.as('budgetCut'),
      sql`max(case when cut = 'budget_cut' then thinking_tokens end)`.as('mostCutTokens'),
      sql`count(case when cut = 'content_filter' then 1 end)`.as('contentFiltered'),
    ])
    .executeTakeFirstOrThrow();
  return {
    thinkingTokens: Number(row.thinkingTokens),
    thoughtful: Number(row.thoughtful),
    budgetCut: Number(row.budgetCut),
    ...(row.mostCutTokens !== null && { mostCutTokens: Number(row.mostCutTokens) }),
    contentFiltered: Number(row.contentFiltered),
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

type SampleRow = 'sample' | 'other';

const outcomeTests = {
  right: (row) => sql<boolean>`${sql.ref(`${row}.score`)} >= 1`,
  wrong: (row) => sql<boolean>`${sql.ref(`${row}.score`)} < 1`,
  unparsed: (row) => sql<boolean>`${sql.ref(`${row}.is_unparsed`)} = 1`,
  truncated: (row) => sql<boolean>`${sql.ref(`${row}.is_truncated`)} = 1`,
  cut: (row) => sql<boolean>`${sql.ref(`${row}.cut`)} is not null`,
  failed: (row) => sql<boolean>`${sql.ref(`${row}.failure_reason`)} is not null`,
} as const satisfies Record<Outcome, (row: SampleRow) => RawBuilder<boolean>>;

/** Whether other cells have answered the item, and how. */
function othersHave(cellIds: readonly string[], test: RawBuilder<boolean>): RawBuilder<boolean> {
  if (cellIds.length === 0) return sql<boolean>`1 = 0`;
  return sql<boolean>`exists (select 1 from sample as other where other.cell_id in (${sql.join(cellIds)})
    and other.item_id = sample.item_id and ${test})`;
}

function contains(words: string): RawBuilder<boolean> {
  // Short texts first: the prompt is only read where nothing else fits.
  return sql<boolean>`(${containing('sample.item_id', words)} or ${containing('sample.expected', words)}
    or ${containing('sample.answer', words)} or ${containing('sample.output', words)}
    or exists (select 1 from prompt where prompt.id = sample.prompt_id and ${containing('prompt.text', words)}))`;
}

/** Samples of the listed cell that a query asks for. */
function matching(db: Kysely<Database>, { cells, isDisputed, search }: Omit<ItemQuery, 'limit' | 'after'>) {
  const own = listedCell(cells);
  const others = cells.filter((cell) => cell !== own);
  let select = db.selectFrom('sample').where('sample.cell_id', '=', own?.id ?? '');
  if (own?.outcome !== undefined) select = select.where(outcomeTests[own.outcome]('sample'));
  for (const { id, outcome } of others) {
    if (outcome !== undefined) select = select.where(othersHave([id], outcomeTests[outcome]('other')));
  }
  if (isDisputed === true) {
    const otherIds = others.map(({ id }) => id);
    select = select.where(othersHave(otherIds, sql<boolean>`other.score <> sample.score`));
  }
  if (search !== undefined && search !== '') select = select.where(contains(search));
  return select;
}

async function listItems(db: Kysely<Database>, query: ItemQuery): Promise<readonly ListedItem[]> {
  const { after, limit, cells } = query;
  const cellIds = cells.map(({ id }) => id);
  const rows = await pageBehind(matching(db, query), after, limit)
    .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
    .select(['sample.item_id', 'sample.position', 'sample.expected', 'prompt.text as prompt'])
    .execute();
  if (rows.length === 0) return [];
  const itemIds = rows.map(({ item_id }) => item_id);
  const found = await db
    .selectFrom('sample')
    .select(['cell_id', 'item_id', 'score', 'answer', 'is_unparsed', 'is_truncated', 'cut', 'failure_reason'])
    .where('cell_id', 'in', cellIds)
    .where('item_id', 'in', itemIds)
    .execute();
  const verdicts = Map.groupBy(found, ({ item_id }) => item_id);
  return rows.map(({ item_id, position, expected, prompt }) => {
    const own = (verdicts.get(item_id) ?? []).map(readVerdict);
    const inOrder = cellIds.flatMap((cellId) => own.filter((verdict) => verdict.cellId === cellId));
    return { itemId: item_id, position, expected, prompt, verdicts: inOrder };
  });
}

function readVerdict(
  row: Pick<SampleTable, 'cell_id' | 'score' | 'answer' | 'is_unparsed' | 'is_truncated' | 'cut' | 'failure_reason'>,
): ItemVerdict {
  return {
    cellId: row.cell_id,
    score: row.score,
    answer: row.answer ?? undefined,
    isUnparsed: row.is_unparsed === 1,
    isTruncated: row.is_truncated === 1,
    ...(row.cut !== null && { cut: readCut(row.cut) }),
    isFailed: row.failure_reason !== null,
  };
}
