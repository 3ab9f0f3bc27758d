import type { Kysely } from 'kysely';
import type { Sample } from '../../core/sample.ts';
import type { Claim, SampleQuery, SampleSummary, Store } from '../../core/store.ts';
import { leaseEnd, updateClaimed } from './fence.ts';
import { isBehind, matching, type Place } from './item-queries.ts';
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
        (after, limit) => samplePage(db, cellId, query.only, after, limit),
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

async function samplePage(
  db: Kysely<Database>,
  cellId: string,
  only: SampleQuery['only'],
  after: Place | undefined,
  limit: number,
): Promise<readonly (SampleTable & { readonly prompt: string })[]> {
  return pageBehind(matching(db, { cellIds: [cellId], only }), after, limit)
    .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
    .selectAll('sample')
    .select('prompt.text as prompt')
    .execute();
}

async function scorePage(
  db: Kysely<Database>,
  cellId: string,
  after: Place | undefined,
  limit: number,
): Promise<readonly ScoreRow[]> {
  return pageBehind(matching(db, { cellIds: [cellId] }), after, limit)
    .select(['item_id', 'position', 'score', 'answer', 'is_unparsed', 'metrics', 'detail', 'cluster'])
    .execute();
}

function pageBehind(query: ReturnType<typeof matching>, after: Place | undefined, limit: number) {
  const behind = after === undefined ? query : query.where(isBehind(after));
  return behind.orderBy('sample.position').orderBy('sample.item_id').limit(limit);
}
