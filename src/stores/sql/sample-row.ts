import { hash } from 'node:crypto';
import type { Sample } from '../../core/sample.ts';
import type { Claim } from '../../core/store.ts';
import type { ItemScore } from '../../core/task.ts';
import { readJson } from './json-column.ts';
import type { SampleTable } from './schema.ts';

/** Half a sha256 names a text: 128 bits are enough against accidents, and the key is in every sample. */
export function promptId(text: string): string {
  return Buffer.from(hash('sha256', text, 'buffer'))
    .subarray(0, 16)
    .toString('base64url');
}

export function writeSample(sample: Sample, claim: Claim): SampleTable {
  return {
    cell_id: claim.cellId,
    item_id: sample.itemId,
    position: sample.position,
    attempt: claim.attempt,
    score: sample.score,
    is_unparsed: Number(sample.isUnparsed),
    is_truncated: Number(sample.isTruncated),
    failure_reason: sample.failure?.reason ?? null,
    failure_message: sample.failure?.message ?? null,
    prompt_tokens: sample.promptTokens,
    reused_tokens: sample.reusedTokens,
    output_tokens: sample.outputTokens,
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
  };
}

export function readSample(row: SampleTable & { readonly prompt: string }): Sample {
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
    failure: readFailure(row),
    cluster: row.cluster ?? undefined,
    promptTokens: row.prompt_tokens,
    reusedTokens: row.reused_tokens,
    outputTokens: row.output_tokens,
    times: readTimes(row),
  };
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
  'item_id' | 'position' | 'score' | 'answer' | 'is_unparsed' | 'metrics' | 'detail' | 'cluster'
>;

export function readScore(
  row: ScoreRow,
  cellId: string,
): ItemScore & { readonly itemId: string; readonly cluster: string | undefined } {
  const place = `sample ${row.item_id} of cell ${cellId}`;
  return {
    itemId: row.item_id,
    value: row.score,
    answer: row.answer ?? undefined,
    isUnparsed: row.is_unparsed === 1,
    metrics: readJson(row.metrics, `${place}, metrics`) as ItemScore['metrics'],
    detail: readJson(row.detail, `${place}, detail`) as NonNullable<ItemScore['detail']>,
    cluster: row.cluster ?? undefined,
  };
}
