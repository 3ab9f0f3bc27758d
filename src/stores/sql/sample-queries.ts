import { sql, type Kysely } from 'kysely';
import type { Sample } from '../../core/sample.ts';
import type { Claim, SampleQuery, SampleSummary, Store } from '../../core/store.ts';
import { leaseEnd, updateClaimed } from './fence.ts';
import { promptId, readSample, readScore, writeSample, type ScoreRow } from './sample-row.ts';
import type { Database, SampleTable } from './schema.ts';

type SampleQueries = Pick<Store, 'appendSamples' | 'finishedItemIds' | 'sampleSummary' | 'samples' | 'scores'>;

/** Rows of one insert: 25 columns of each stay below the 32,766 parameters of SQLite. */
const insertRows = 200;
const samplePageRows = 200;
const scorePageRows = 2000;

export function createSampleQueries(db: Kysely<Database>, now: () => number): SampleQueries {
  return {
    appendSamples: (claim, samples, leaseMs) => appendSamples(db, claim, samples, leaseEnd(now(), leaseMs)),
    async finishedItemIds(cellId) {
      const rows = await db.selectFrom('sample').select('item_id').where('cell_id', '=', cellId).execute();
      return new Set(rows.map((row) => row.item_id));
    },
    sampleSummary: (cellId) => sampleSummary(db, cellId),
    async *samples(cellId, query = {}) {
      const pages = inPositionOrder<SampleTable & { readonly prompt: string }>(
        (after, limit) => samplePage(db, cellId, query, after, limit),
        { pageRows: samplePageRows, limit: query.limit, after: query.afterPosition },
      );
      for await (const row of pages) yield readSample(row);
    },
    async *scores(cellId) {
      const pages = inPositionOrder<ScoreRow>((after, limit) => scorePage(db, cellId, after, limit), {
        pageRows: scorePageRows,
      });
      for await (const row of pages) yield readScore(row, cellId);
    },
  };
}

async function appendSamples(
  db: Kysely<Database>,
  claim: Claim,
  samples: readonly Sample[],
  leaseUntilMs: number,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await updateClaimed(transaction, claim, { lease_until_ms: leaseUntilMs });
    for (let start = 0; start < samples.length; start += insertRows) {
      await insertSamples(transaction, claim, samples.slice(start, start + insertRows));
    }
  });
}

async function insertSamples(db: Kysely<Database>, claim: Claim, samples: readonly Sample[]): Promise<void> {
  const texts = new Map(samples.map((sample) => [promptId(sample.prompt), sample.prompt]));
  await db
    .insertInto('prompt')
    .values(Array.from(texts, ([id, text]) => ({ id, text })))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  await db
    .insertInto('sample')
    .values(samples.map((sample) => writeSample(sample, claim)))
    .onConflict((conflict) => conflict.columns(['cell_id', 'item_id']).doNothing())
    .execute();
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

interface Place {
  readonly position: number;
  /** Undefined: behind all rows of this position. */
  readonly itemId: string | undefined;
}

/**
 * Page by page, so that a cell of any size takes the memory of one page, and no statement stays open in between: that
 * would keep the write-ahead log from being emptied.
 */
async function* inPositionOrder<Row extends { readonly item_id: string; readonly position: number }>(
  fetchPage: (after: Place | undefined, limit: number) => Promise<readonly Row[]>,
  options: { readonly pageRows: number; readonly limit?: number | undefined; readonly after?: number | undefined },
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

function isAfter(after: Place | undefined) {
  if (after === undefined) return sql<boolean>`1 = 1`;
  if (after.itemId === undefined) return sql<boolean>`sample.position > ${after.position}`;
  return sql<boolean>`(sample.position, sample.item_id) > (${after.position}, ${after.itemId})`;
}

const filters = {
  right: sql<boolean>`sample.score >= 1`,
  wrong: sql<boolean>`sample.score < 1`,
  unparsed: sql<boolean>`sample.is_unparsed = 1`,
  truncated: sql<boolean>`sample.is_truncated = 1`,
  failed: sql<boolean>`sample.failure_reason is not null`,
} as const satisfies Record<NonNullable<SampleQuery['only']>, unknown>;

async function samplePage(
  db: Kysely<Database>,
  cellId: string,
  query: SampleQuery,
  after: Place | undefined,
  limit: number,
): Promise<readonly (SampleTable & { readonly prompt: string })[]> {
  let select = db
    .selectFrom('sample')
    .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
    .selectAll('sample')
    .select('prompt.text as prompt')
    .where('cell_id', '=', cellId)
    .where(isAfter(after));
  if (query.only !== undefined) select = select.where(filters[query.only]);
  return select.orderBy('sample.position').orderBy('sample.item_id').limit(limit).execute();
}

async function scorePage(
  db: Kysely<Database>,
  cellId: string,
  after: Place | undefined,
  limit: number,
): Promise<readonly ScoreRow[]> {
  return db
    .selectFrom('sample')
    .select(['item_id', 'position', 'score', 'answer', 'is_unparsed', 'metrics', 'detail', 'cluster'])
    .where('cell_id', '=', cellId)
    .where(isAfter(after))
    .orderBy('position')
    .orderBy('item_id')
    .limit(limit)
    .execute();
}
