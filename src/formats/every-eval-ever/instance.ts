import * as z from 'zod';
import { jsonInside } from '../../core/json-inside.ts';
import type { Sample } from '../../core/sample.ts';
import { ownFields } from '../foreign-text.ts';

export const instance = z.looseObject({
  evaluation_id: z.string(),
  evaluation_name: z.string(),
  evaluation_result_id: z.string().nullish(),
  sample_id: z.string(),
  input: z.looseObject({ raw: z.string(), reference: z.array(z.string()) }),
  output: z.looseObject({ raw: z.array(z.string()) }).nullish(),
  answer_attribution: z.array(z.looseObject({ extracted_value: z.string(), is_terminal: z.boolean() })).default([]),
  evaluation: z.looseObject({ score: z.number() }),
  token_usage: z
    .looseObject({ input_tokens: z.number(), output_tokens: z.number(), input_tokens_cache_read: z.number().nullish() })
    .nullish(),
  error: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
export type Instance = z.output<typeof instance>;

/** What perbench's own export keeps as a text. */
const ownPart = z.object(ownFields);

export function sampleOfInstance(row: Instance, index: number): Sample {
  const own = ownPart.safeParse(jsonInside(row.metadata?.['perbench'])).data;
  const answer = row.answer_attribution.findLast((part) => part.is_terminal)?.extracted_value;
  return {
    itemId: row.sample_id,
    position: own?.position ?? index,
    prompt: row.input.raw,
    promptSha256: own?.promptSha256 ?? '',
    output: row.output?.raw.join('\n') ?? '',
    raw: '',
    expected: row.input.reference.join('\n'),
    answer,
    score: Math.min(1, Math.max(0, row.evaluation.score)),
    metrics: own?.metrics ?? {},
    detail: own?.detail ?? {},
    isUnparsed: own?.isUnparsed ?? false,
    isTruncated: own?.isTruncated ?? false,
    cut: own?.cut,
    thoughts: own?.thoughts,
    thinkingTokens: own?.thinkingTokens,
    failure: own === undefined ? foreignFailure(row.error) : own.failure,
    cluster: own?.cluster,
    promptTokens: row.token_usage?.input_tokens,
    reusedTokens: row.token_usage?.input_tokens_cache_read ?? 0,
    outputTokens: row.token_usage?.output_tokens,
    times: own?.times,
  };
}

function foreignFailure(error: string | null | undefined): Sample['failure'] {
  return error === undefined || error === null ? undefined : { reason: 'engine', message: error };
}
