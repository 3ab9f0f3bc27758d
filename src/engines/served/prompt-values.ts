/** How vLLM and SGLang are asked for log-probabilities of given tokens, and what they answer. */
import * as z from 'zod';
import type { PassOptions } from '../../core/engine.ts';
import { greedyFields } from './completions.ts';
import type { ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import type { SpelledToken } from './spelled-plan.ts';
import type { ScoringPath, TokenValue } from './token-scorer.ts';

/** Text, or its tokens. */
export type Prompt = string | readonly number[];

/** A token of a prompt; the first has no value. */
export interface PromptToken extends SpelledToken {
  readonly value: TokenValue | undefined;
}

export interface PromptAnswer {
  /** The last of the prompt, at least from the index that was asked for. */
  readonly tokens: readonly PromptToken[];
  /** That were computed for earlier requests, or for another prompt of this one. */
  readonly cachedTokens: number;
}

/** The token that the model says next, and how likely it finds some others. */
export interface NextToken {
  readonly said: { readonly id: number; readonly logprob: number };
  readonly logprobs: ReadonlyMap<number, number>;
  readonly contextTokens: number;
  /** Empty where the server doesn't tell. */
  readonly promptTokens: readonly number[];
  readonly cachedTokens: number;
}

/** Throws a `ZodError` where an answer hasn't the shape. */
export interface PromptValues {
  readonly name: string;
  readonly nextName: string;
  readonly path: ScoringPath;
  /** `/tokenize` takes several texts. */
  readonly tokenizesLists: boolean;
  /** Computes values from an index on, and what is before it once for all prompts. */
  readonly startsLater: boolean;
  readonly body: (prompts: readonly Prompt[], from: number, target: ServedTarget) => object;
  readonly read: (answer: unknown, prompts: readonly Prompt[]) => readonly PromptAnswer[];
  readonly nextBody: (
    context: string,
    tokens: readonly number[],
    target: ServedTarget,
    reuse: PassOptions['reuse'],
  ) => object;
  readonly readNext: (answer: unknown) => NextToken;
}

const vllmPrompts = z.looseObject({
  choices: z.array(
    z.looseObject({
      index: z.number().default(0),
      prompt_token_ids: z.array(z.number()).nullish(),
      prompt_logprobs: z.array(
        z
          .record(
            z.string(),
            /** A null is a probability of 0, which Python writes as -Infinity. */
            z.looseObject({ logprob: z.number().nullable(), decoded_token: z.string().nullish() }),
          )
          .nullable(),
      ),
    }),
  ),
});

type VllmEntry = z.output<typeof vllmPrompts>['choices'][number]['prompt_logprobs'][number];

function vllmToken(id: number, entry: VllmEntry | undefined): PromptToken {
  const own = entry?.[String(id)];
  const text = own?.decoded_token ?? undefined;
  if (entry === null || entry === undefined || typeof own?.logprob !== 'number') return { id, text, value: undefined };
  const best = Math.max(...Object.values(entry).map(({ logprob }) => logprob ?? -Infinity));
  return { id, text, value: { logprob: own.logprob, isTop: own.logprob >= best } };
}

const vllmNext = z.looseObject({
  choices: z.tuple(
    [
      z.looseObject({
        prompt_token_ids: z.array(z.number()),
        logprobs: z.looseObject({
          tokens: z.tuple([z.string()], z.unknown()),
          token_logprobs: z.tuple([z.number()], z.unknown()),
          top_logprobs: z.tuple([z.record(z.string(), z.number().nullable())], z.unknown()),
        }),
      }),
    ],
    z.unknown(),
  ),
  usage: z
    .looseObject({ prompt_tokens_details: z.looseObject({ cached_tokens: z.number().nullish() }).nullish() })
    .nullish(),
});

/** Tokens as vLLM writes them with `return_tokens_as_token_ids`. */
function tokenId(text: string): number {
  return Number(/^token_id:(\d+)$/.exec(text)?.[1] ?? Number.NaN);
}

/**
 * `prompt_logprobs` are computed anew, whatever is in the prefix cache. vLLM's source:
 * `vllm/entrypoints/openai/completion/protocol.py` (`return_token_ids`, `logprob_token_ids`).
 */
export const vllmValues: PromptValues = {
  name: 'prompt_logprobs of vLLM',
  nextName: 'logprob_token_ids',
  path: '/completions',
  tokenizesLists: false,
  startsLater: false,
  body: (prompts, _from, { facts, salt }) => ({
    model: facts.servedName,
    prompt: prompts.length === 1 ? prompts[0] : prompts,
    max_tokens: 1,
    ...greedyFields.vllm,
    prompt_logprobs: 1,
    return_token_ids: true,
    // Versions that read the cache all the same gave what lay in memory for the tokens in it.
    cache_salt: salt(),
  }),
  read(answer, prompts) {
    const choices = vllmPrompts.parse(answer).choices.toSorted((left, right) => left.index - right.index);
    return choices.map(({ prompt_token_ids: said, prompt_logprobs: entries }, index) => {
      const prompt = prompts[index];
      const ids = said ?? (typeof prompt === 'string' ? undefined : prompt);
      if (ids === undefined) throw new RequestFault('engine', 'the response has no token ids of the prompt');
      return { tokens: ids.map((id, at) => vllmToken(id, entries[at])), cachedTokens: 0 };
    });
  },
  nextBody: (context, tokens, { facts, salt }, reuse) => ({
    model: facts.servedName,
    prompt: context,
    max_tokens: 1,
    ...greedyFields.vllm,
    // Some versions ask for as many as there are ids.
    logprobs: tokens.length,
    logprob_token_ids: tokens,
    return_tokens_as_token_ids: true,
    return_token_ids: true,
    ...(reuse === 'none' && { cache_salt: salt() }),
  }),
  readNext(answer) {
    const { choices, usage } = vllmNext.parse(answer);
    const [{ prompt_token_ids: promptTokens, logprobs }] = choices;
    const listed = Object.entries(logprobs.top_logprobs[0]);
    return {
      said: { id: tokenId(logprobs.tokens[0]), logprob: logprobs.token_logprobs[0] },
      logprobs: new Map(listed.flatMap(([text, value]) => (value === null ? [] : [[tokenId(text), value] as const]))),
      contextTokens: promptTokens.length,
      promptTokens,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
    };
  },
};

const sglangToken = z.tuple([z.number().nullable(), z.number()], z.unknown());
const sglangCount = z.number().nullish();
const sglangPrompt = z.looseObject({
  meta_info: z.looseObject({
    input_token_logprobs: z.array(sglangToken),
    input_top_logprobs: z.array(z.array(sglangToken).nullable()),
    cached_tokens: sglangCount,
  }),
});
const sglangNext = z.looseObject({
  meta_info: z.looseObject({
    prompt_tokens: z.number(),
    cached_tokens: sglangCount,
    output_token_logprobs: z.tuple([z.tuple([z.number(), z.number()], z.unknown())], z.unknown()),
    output_token_ids_logprobs: z.tuple([z.array(sglangToken)], z.unknown()),
  }),
});

/** SGLang's source: `python/sglang/srt/managers/io_struct.py` (`GenerateReqInput`). */
export const sglangValues: PromptValues = {
  name: 'return_logprob of SGLang',
  nextName: 'token_ids_logprob',
  path: '/generate',
  tokenizesLists: true,
  startsLater: true,
  body(prompts, from) {
    const [first] = prompts;
    const all = prompts.length === 1 ? first : prompts;
    return {
      ...(typeof first === 'string' ? { text: all } : { input_ids: all }),
      sampling_params: { max_new_tokens: 1, ...greedyFields.sglang },
      return_logprob: true,
      return_text_in_logprobs: true,
      // The first from there has no value, even where one could be had.
      logprob_start_len: Math.max(0, from - 1),
      top_logprobs_num: 1,
    };
  },
  read(answer) {
    const answers = z.array(sglangPrompt).parse(Array.isArray(answer) ? answer : [answer]);
    return answers.map(
      ({ meta_info: { input_token_logprobs: own, input_top_logprobs: top, cached_tokens: cached } }) => ({
        tokens: own.map(([logprob, id, text], index) => {
          const best = top[index]?.[0]?.[0];
          const isTop = typeof best === 'number' && logprob !== null && logprob >= best;
          return {
            id,
            text: typeof text === 'string' ? text : undefined,
            value: logprob === null ? undefined : { logprob, isTop },
          };
        }),
        cachedTokens: cached ?? 0,
      }),
    );
  },
  nextBody: (context, tokens) => ({
    text: context,
    sampling_params: { max_new_tokens: 1, ...greedyFields.sglang },
    return_logprob: true,
    token_ids_logprob: tokens,
  }),
  readNext(answer) {
    const { meta_info: told } = sglangNext.parse(answer);
    const [[logprob, id]] = told.output_token_logprobs;
    const listed = told.output_token_ids_logprobs[0];
    return {
      said: { id, logprob },
      logprobs: new Map(listed.flatMap(([value, token]) => (value === null ? [] : [[token, value] as const]))),
      contextTokens: told.prompt_tokens,
      promptTokens: [],
      cachedTokens: told.cached_tokens ?? 0,
    };
  },
};
