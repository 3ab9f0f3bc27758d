import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { CellMeasurements } from '../core/cell.ts';
import { StoreError } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import { longestLeaseMs, type Claim, type StoredScore } from '../core/store.ts';
import type { ItemScore } from '../core/task.ts';
import { updateHeld } from './fenced-writes.ts';
import { type Database, readJson, type SampleTable } from './schema.ts';
import { hasRunOut, leaseEnd, type StoreDialect } from './store-dialect.ts';

/** Rows of one insert: 28 columns of each stay below the 32,766 parameters of SQLite. */
export const insertRows = 200;

/** The attempt that a sample is written in. */
type Writer = Pick<Claim, 'cellId' | 'attempt'>;

/** Stands in a column for tokens that nobody counted. */
const unknownCount = -1;

const readCount = (count: number): number | undefined => (count < 0 ? undefined : count);

/** Samples that are there already are kept. */
export async function appendSamples(
  db: Kysely<Database>,
  dialect: StoreDialect,
  claim: Claim,
  samples: readonly Sample[],
  leaseMs: number,
): Promise<void> {
  await dialect.transact(db, async (transaction) => {
    await updateHeld(transaction, claim, { lease_until_ms: leaseEnd(dialect, leaseMs) });
    for (let start = 0; start < samples.length; start += insertRows) {
      await insertSamples(transaction, claim, samples.slice(start, start + insertRows));
    }
  });
}

/** @param samples not more than {@link insertRows}, and at least one */
export async function insertSamples(db: Kysely<Database>, writer: Writer, samples: readonly Sample[]): Promise<void> {
  await insertPrompts(db, samples);
  await db
    .insertInto('sample')
    .values(samples.map((sample) => writeSample(sample, writer)))
    .onConflict((conflict) => conflict.columns(['cell_id', 'item_id']).doNothing())
    .execute();
}

export async function insertPrompts(db: Kysely<Database>, samples: readonly Sample[]): Promise<void> {
  const texts = new Map(samples.map((sample) => [promptId(sample.prompt), sample.prompt]));
  await db
    .insertInto('prompt')
    // In one order: two that insert the same prompts at once would else wait for each other.
    .values(Array.from(texts, ([id, text]) => ({ id, text })).toSorted((left, right) => (left.id < right.id ? -1 : 1)))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** Half a sha256 names a text: 128 bits are enough against accidents, and the key is in every sample. */
function promptId(text: string): string {
  return Buffer.from(hash('sha256', text, 'buffer'))
    .subarray(0, 16)
    .toString('base64url');
}

function writeSample(sample: Sample, { cellId, attempt }: Writer): SampleTable {
  return {
    cell_id: cellId,
    item_id: sample.itemId,
    position: sample.position,
    attempt,
    score: sample.score,
    is_unparsed: Number(sample.isUnparsed),
    is_truncated: Number(sample.isTruncated),
    failure_reason: sample.failure?.reason ?? null,
    failure_message: sample.failure?.message ?? null,
    prompt_tokens: sample.promptTokens ?? unknownCount,
    reused_tokens: sample.reusedTokens,
    output_tokens: sample.outputTokens ?? unknownCount,
    scheduled_ms: sample.times?.scheduledMs ?? null,
    started_ms: sample.times?.startedMs ?? null,
    first_token_ms: sample.times?.firstTokenMs ?? null,
    last_token_ms: sample.times?.lastTokenMs ?? null,
    cluster: sample.cluster ?? null,
    metrics: JSON.stringify(sample.metrics),
    detail: JSON.stringify(sample.detail),
    answer: sample.answer ?? null,
    expected: sample.expected,
    prompt_sha256: sample.promptSha256,
    prompt_id: promptId(sample.prompt),
    output: sample.output,
    raw: sample.raw,
    cut: sample.cut ?? null,
    thinking_tokens: sample.thinkingTokens ?? null,
    thoughts: sample.thoughts ?? null,
  };
}

export type WholeRow = SampleTable & { readonly prompt: string };

export function readSample(row: WholeRow): Sample {
  const place = `sample ${row.item_id} of cell ${row.cell_id}`;
  return {
    itemId: row.item_id,
    position: row.position,
    prompt: row.prompt,
    promptSha256: row.prompt_sha256,
    output: row.output,
    raw: row.raw,
    expected: row.expected,
    answer: row.answer ?? undefined,
    score: row.score,
    metrics: readJson(row.metrics, `${place}, metrics`) as Sample['metrics'],
    detail: readJson(row.detail, `${place}, detail`) as Sample['detail'],
    isUnparsed: row.is_unparsed === 1,
    isTruncated: row.is_truncated === 1,
    cut: readCut(row.cut),
    thoughts: row.thoughts ?? undefined,
    thinkingTokens: row.thinking_tokens ?? undefined,
    failure: readFailure(row),
    cluster: row.cluster ?? undefined,
    promptTokens: readCount(row.prompt_tokens),
    reusedTokens: row.reused_tokens,
    outputTokens: readCount(row.output_tokens),
    times: readTimes(row),
  };
}

export function readCut(cut: string | null): Sample['cut'] {
  return cut === null ? undefined : (cut as NonNullable<Sample['cut']>);
}

function readFailure(row: SampleTable): Sample['failure'] {
  if (row.failure_reason === null) return undefined;
  type Reason = NonNullable<Sample['failure']>['reason'];
  return { reason: row.failure_reason as Reason, message: row.failure_message ?? '' };
}

function readTimes(row: SampleTable): Sample['times'] {
  const { scheduled_ms, started_ms, first_token_ms, last_token_ms } = row;
  if (scheduled_ms === null || started_ms === null || last_token_ms === null) return undefined;
  const firstTokenMs = first_token_ms ?? undefined;
  return { scheduledMs: scheduled_ms, startedMs: started_ms, firstTokenMs, lastTokenMs: last_token_ms };
}

export type ScoreRow = Pick<
  SampleTable,
  'item_id' | 'position' | 'score' | 'answer' | 'is_unparsed' | 'metrics' | 'detail' | 'cluster' | 'expected'
>;

export function readScore(row: ScoreRow, cellId: string): StoredScore {
  const place = `sample ${row.item_id} of cell ${cellId}`;
  return {
    itemId: row.item_id,
    value: row.score,
    answer: row.answer ?? undefined,
    isUnparsed: row.is_unparsed === 1,
    metrics: readJson(row.metrics, `${place}, metrics`) as ItemScore['metrics'],
    detail: readJson(row.detail, `${place}, detail`) as NonNullable<ItemScore['detail']>,
    cluster: row.cluster ?? undefined,
    expected: row.expected,
  };
}

interface NewScore {
  readonly itemId: string;
  readonly score: ItemScore;
}

/**
 * Replaces scores and measurements of a cell, all or none.
 *
 * @returns how many samples got another verdict
 */
export async function replaceScores(
  db: Kysely<Database>,
  cellId: string,
  scores: AsyncIterable<NewScore>,
  measurements: CellMeasurements,
  dialect: StoreDialect,
): Promise<number> {
  // Collected first: the scores are usually computed from this store's samples, and a transaction on the only
  // connection would wait for itself.
  const collected: NewScore[] = [];
  for await (const score of scores) collected.push(score);
  return dialect.transact(db, async (transaction) => {
    await replaceMeasurements(transaction, cellId, measurements, dialect);
    let changed = 0;
    for (const entry of collected) changed += await replaceScore(transaction, cellId, entry);
    return changed;
  });
}

async function replaceMeasurements(
  db: Kysely<Database>,
  cellId: string,
  measurements: CellMeasurements,
  dialect: StoreDialect,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('cell')
    .set({ measurements: JSON.stringify(measurements) })
    .where('id', '=', cellId)
    .where((eb) => eb('state', '<>', 'running').or(hasRunOut('cell', dialect, longestLeaseMs)))
    .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) > 0) return;
  const cell = await db.selectFrom('cell').select('id').where('id', '=', cellId).executeTakeFirst();
  if (cell === undefined) throw new StoreError(`no cell ${cellId} in the store`);
  throw new StoreError(`cell ${cellId} is in use by another process`, {
    hint: 'Rescore it when that process has ended.',
  });
}

async function replaceScore(db: Kysely<Database>, cellId: string, { itemId, score }: NewScore): Promise<number> {
  const columns = {
    score: score.value,
    answer: score.answer ?? null,
    is_unparsed: Number(score.isUnparsed),
    metrics: JSON.stringify(score.metrics),
    detail: JSON.stringify(score.detail ?? {}),
  };
  const before = await db
    .selectFrom('sample')
    .select(['score', 'answer', 'is_unparsed', 'metrics', 'detail'])
    .where('cell_id', '=', cellId)
    .where('item_id', '=', itemId)
    .executeTakeFirst();
  if (before === undefined) throw new StoreError(`no sample ${itemId} in cell ${cellId}`);
  await forgetScorerFailure(db, cellId, itemId);
  if (JSON.stringify(columns) === JSON.stringify(before)) return 0;
  await db.updateTable('sample').set(columns).where('cell_id', '=', cellId).where('item_id', '=', itemId).execute();
  return 1;
}

/** An answer that has a score now is no longer one that its scorer failed on. */
async function forgetScorerFailure(db: Kysely<Database>, cellId: string, itemId: string): Promise<void> {
  await db
    .updateTable('sample')
    .set({ failure_reason: null, failure_message: null })
    .where('cell_id', '=', cellId)
    .where('item_id', '=', itemId)
    .where('failure_reason', '=', 'scorer')
    .execute();
}
