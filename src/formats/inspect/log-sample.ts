import * as z from 'zod';
import type { Sample } from '../../core/sample.ts';
import { ownFields } from '../own-sample.ts';

const usage = z.looseObject({
  input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
  input_tokens_cache_read: z.number().nullish(),
});

export const logSample = z.looseObject({
  id: z.union([z.string(), z.number()]),
  epoch: z.number().default(1),
  input: z.unknown().optional(),
  target: z.union([z.string(), z.array(z.string())]).nullish(),
  output: z
    .looseObject({
      completion: z.string().nullish(),
      usage: usage.nullish(),
      choices: z.array(z.looseObject({ stop_reason: z.string().nullish() })).nullish(),
    })
    .nullish(),
  scores: z
    .record(
      z.string(),
      z.looseObject({ value: z.unknown().optional(), answer: z.string().nullish(), metadata: z.unknown().optional() }),
    )
    .nullish(),
  metadata: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).nullish(),
});
export type LogSample = z.output<typeof logSample>;

/** Letters of Inspect: correct, incorrect, partial, no answer. */
const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };

function scoreOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return letters[value];
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}

/** What perbench's own export adds, so that its samples come back as they were. */
const ownScore = z.object(ownFields).omit({ position: true, isTruncated: true, times: true });
const ownSample = z.object(ownFields).pick({ position: true, times: true }).extend({ raw: z.string() });

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A sample of a log, or undefined where the scorer gave it no number. */
export function sampleOfLog(sample: LogSample, scorer: string, position: number): Sample | undefined {
  const given = sample.scores?.[scorer];
  const score = scoreOf(given?.value);
  if (given === undefined || score === undefined) return undefined;
  const own = ownScore.safeParse(given.metadata).data;
  const whole = ownSample.safeParse(sample.metadata).data;
  const used = sample.output?.usage;
  const error = sample.error?.message;
  return {
    itemId: sample.epoch === 1 ? String(sample.id) : `${sample.id}#${sample.epoch}`,
    position: whole?.position ?? position,
    prompt: textOf(sample.input),
    promptSha256: own?.promptSha256 ?? '',
    output: sample.output?.completion ?? '',
    raw: whole?.raw ?? '',
    expected: Array.isArray(sample.target) ? sample.target.join('\n') : (sample.target ?? ''),
    answer: given.answer ?? undefined,
    score,
    metrics: own?.metrics ?? {},
    detail: own?.detail ?? {},
    isUnparsed: own?.isUnparsed ?? false,
    isTruncated: sample.output?.choices?.[0]?.stop_reason === 'max_tokens',
    failure: own !== undefined ? own.failure : error === undefined ? undefined : { reason: 'engine', message: error },
    cluster: own?.cluster,
    promptTokens: used?.input_tokens ?? 0,
    reusedTokens: used?.input_tokens_cache_read ?? 0,
    outputTokens: used?.output_tokens ?? 0,
    times: whole?.times,
  };
}
