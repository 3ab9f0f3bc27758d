import * as z from 'zod';
import type { GenerateRequest, PassOptions } from '../../core/engine.ts';
import type { ServerFacts, ServerFlavour } from './server-facts.ts';

/** Endpoint and body of one generation. */
export interface CompletionCall {
  readonly path: '/completions' | '/chat/completions';
  readonly body: Readonly<Record<string, unknown>>;
  /** Start of the answer that the server may repeat. */
  readonly prefill: string;
}

/** OpenAI's own API takes four. */
const maxStops = 4;

/** Keeps a server from reusing what it computed for another request, as far as it can be told to. */
function cacheFields(
  facts: ServerFacts,
  reuse: PassOptions['reuse'],
  salt: () => string,
): Readonly<Record<string, unknown>> {
  if (facts.flavour === 'llama-server') return { cache_prompt: reuse === 'prefix' };
  // Prefixes are shared between requests with the same salt only.
  return facts.flavour === 'vllm' && reuse === 'none' ? { cache_salt: salt() } : {};
}

const noPenalties = { presence_penalty: 0, frequency_penalty: 0 };

/** Greedy, whatever defaults a model's repository or a server's command line brings along, as far as each can be told. */
const greedyFields: Readonly<Record<ServerFlavour, Readonly<Record<string, unknown>>>> = {
  vllm: { temperature: 0, top_p: 1, ...noPenalties, repetition_penalty: 1 },
  sglang: { temperature: 0, top_p: 1, ...noPenalties, repetition_penalty: 1 },
  'llama-server': {
    temperature: 0,
    dynatemp_range: 0,
    ...noPenalties,
    repeat_penalty: 1,
    dry_multiplier: 0,
    xtc_probability: 0,
    mirostat: 0,
  },
  // Its route of the OpenAI protocol takes no penalty on repetition, nor top_k.
  ollama: { temperature: 0, top_p: 1, ...noPenalties },
  // Some refuse fields that they don't know.
  unknown: { temperature: 0 },
};

/** llama-server would take what a model thinks out of its answers, as the llama engine doesn't. */
function chatFields({ flavour }: ServerFacts): Readonly<Record<string, unknown>> {
  return flavour === 'llama-server' ? { reasoning_format: 'none' } : {};
}

function prefillFields({ flavour }: ServerFacts): Readonly<Record<string, unknown>> {
  // llama-server goes on with a last message of the assistant by itself.
  return flavour === 'vllm' || flavour === 'sglang'
    ? { add_generation_prompt: false, continue_final_message: true }
    : {};
}

function stopFields({ flavour }: ServerFacts, stop: readonly string[]): Readonly<Record<string, unknown>> {
  if (stop.length === 0) return {};
  // The engine cuts at the others itself.
  return { stop: flavour === 'unknown' ? stop.slice(0, maxStops) : stop };
}

export interface CallOptions {
  readonly facts: ServerFacts;
  readonly model: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly pass: Pick<PassOptions, 'reuse' | 'isStreamed'>;
  /** Another text for every request. */
  readonly salt: () => string;
}

export function completionCall(request: GenerateRequest, options: CallOptions): CompletionCall {
  const { facts, model, extra, pass, salt } = options;
  const common = {
    model,
    max_tokens: request.maxTokens,
    ...greedyFields[facts.flavour],
    ...stopFields(facts, request.stop),
    ...cacheFields(facts, pass.reuse, salt),
    ...(pass.isStreamed === true && { stream: true, stream_options: { include_usage: true } }),
  };
  const { prompt } = request;
  if (prompt.style === 'plain') {
    const logprobs = request.logprobs === true && { logprobs: 1 };
    return { path: '/completions', body: { ...common, prompt: prompt.text, ...logprobs, ...extra }, prefill: '' };
  }
  const { messages, prefill = '' } = prompt;
  const logprobs = request.logprobs === true && { logprobs: true, top_logprobs: 1 };
  const all = prefill === '' ? messages : [...messages, { role: 'assistant', content: prefill }];
  const going = prefill === '' ? {} : prefillFields(facts);
  const body = { ...common, messages: all, ...chatFields(facts), ...going, ...logprobs, ...extra };
  return { path: '/chat/completions', body, prefill };
}

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
