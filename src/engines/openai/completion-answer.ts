import * as z from 'zod';

const logprobs = z.object({
  /** Chat, and llama-server everywhere. */
  content: z.array(z.object({ logprob: z.number() })).nullish(),
  /** Completions. */
  token_logprobs: z.array(z.number().nullable()).nullish(),
});

const usage = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
});

/** llama-server's own account. */
const timings = z.object({ cache_n: z.number().optional() });

/** Only what is read: servers differ in the rest, and change it. Plain objects, since looser ones cost a client CPU. */
export const completionSchema = z.object({
  choices: z.tuple(
    [
      z.object({
        text: z.string().nullish(),
        message: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
        logprobs: logprobs.nullish(),
      }),
    ],
    z.unknown(),
  ),
  usage: usage.nullish(),
  timings: timings.nullish(),
});

/** One event of a stream: a piece of text, or the count at the end. */
export const chunkSchema = z.object({
  /** Servers that fail in the middle say so in the stream. */
  error: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: z
          .object({
            content: z.string().nullish(),
            /** What a model thinks before it answers, where a server tells the two apart: one name or the other. */
            reasoning_content: z.unknown().optional(),
            reasoning: z.unknown().optional(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
        logprobs: logprobs.nullish(),
      }),
    )
    .default([]),
  usage: usage.nullish(),
  timings: timings.nullish(),
});

/** What one generation came to, whole or streamed. */
export interface CompletionAnswer {
  readonly text: string;
  readonly finishReason: string | undefined;
  readonly tokenLogprobs: readonly number[] | undefined;
  /** Undefined where the server doesn't count. */
  readonly usage: { readonly promptTokens: number; readonly outputTokens: number } | undefined;
  /** Undefined where the server doesn't tell. */
  readonly cachedTokens: number | undefined;
  /** Undefined where tokens weren't streamed. */
  readonly firstTokenMs: number | undefined;
  readonly lastTokenMs: number;
}

type Chunk = z.output<typeof chunkSchema>['choices'][number];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Whether an event stands for a token: text, a thought, a log-probability, or the end, which servers count as one. */
export function bringsToken({ text, delta, finish_reason: finish, logprobs: given }: Chunk): boolean {
  return (
    [text, delta?.content, delta?.reasoning_content, delta?.reasoning, finish].some(isText) ||
    (readLogprobs(given)?.length ?? 0) > 0
  );
}

type Counts = Pick<z.output<typeof chunkSchema>, 'usage' | 'timings'>;

export function readCounts({
  usage: counted,
  timings: timed,
}: Counts): Pick<CompletionAnswer, 'usage' | 'cachedTokens'> {
  return {
    usage:
      counted === undefined || counted === null
        ? undefined
        : { promptTokens: counted.prompt_tokens, outputTokens: counted.completion_tokens },
    cachedTokens: counted?.prompt_tokens_details?.cached_tokens ?? timed?.cache_n,
  };
}

/** Log-probabilities in whichever of the two shapes they come. */
export function readLogprobs(given: z.output<typeof logprobs> | null | undefined): readonly number[] | undefined {
  if (given?.content) return given.content.map(({ logprob }) => logprob);
  return given?.token_logprobs?.filter((value) => value !== null);
}

export function wholeAnswer(
  { choices: [choice], ...counts }: z.output<typeof completionSchema>,
  lastTokenMs: number,
): CompletionAnswer {
  return {
    text: choice.text ?? choice.message?.content ?? '',
    finishReason: choice.finish_reason ?? undefined,
    tokenLogprobs: readLogprobs(choice.logprobs),
    ...readCounts(counts),
    firstTokenMs: undefined,
    lastTokenMs,
  };
}
