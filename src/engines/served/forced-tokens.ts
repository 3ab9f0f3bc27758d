import * as z from 'zod';
import { greedyFields } from './completions.ts';
import { RequestFault } from './request-fault.ts';
import type { ExchangeTally, TokenValue } from './token-scorer.ts';

/** How llama-server is made to generate given tokens. */
export interface Force {
  readonly name: string;
  /** Tokens that one request can force. */
  readonly maxTokens: number;
  readonly fields: (tokens: readonly number[]) => object;
}

/** Above any difference between logits, and far from where 32-bit floats lose a bias's steps. */
const forcingBias = 100_000;

export const byBias: Force = {
  name: 'forced continuation, a token a request',
  maxTokens: 1,
  fields: ([token]) => ({ logit_bias: [[token, forcingBias]] }),
};

/** Above any difference between logits. */
const biasStep = 1000;

/**
 * The likeliest token is tried first, and only if the grammar refuses it are all tokens matched, which takes milliseconds
 * (llama.cpp, common/sampling.cpp). So each forced token is made the likeliest in its turn: biases fall from the first on,
 * and what has been generated is penalised. Where that fails, as for a token that stands twice, the grammar still holds.
 */
function likeliestInTurn(tokens: readonly number[]): object {
  const biases = new Map<number, number>();
  for (const [at, token] of tokens.entries())
    if (!biases.has(token)) biases.set(token, biasStep * (tokens.length - at));
  const presencePenalty = biasStep * (tokens.length + 1);
  return { logit_bias: [...biases], presence_penalty: presencePenalty, repeat_last_n: tokens.length };
}

/** In llama.cpp's grammars, `<[123]>` is the token with that id (grammars/README.md). */
export const byGrammar: Force = {
  name: 'forced continuation',
  maxTokens: Infinity,
  fields: (tokens) => ({
    grammar: `root ::= ${tokens.map((token) => `<[${token}]>`).join(' ')}`,
    ...likeliestInTurn(tokens),
  }),
};

/** Where and after what tokens are generated. */
export interface ForcedPlace {
  readonly before: readonly number[];
  readonly slot: number;
  readonly keepsCache: boolean;
}

export interface ForcedTokens {
  readonly tokens: readonly number[];
  /** How many of the likeliest tokens are listed at each place. */
  readonly listed: number;
}

export interface ForcedAnswer {
  /** Of each token; undefined where the server doesn't tell, or the context was full before it. */
  readonly values: readonly (TokenValue | undefined)[];
  /** The likeliest at the first place, likeliest first. */
  readonly likeliest: readonly Likelihood[];
  readonly cachedTokens: number;
  readonly decodedTokens: number;
}

interface Likelihood {
  readonly id: number;
  readonly logprob: number | null;
}

const likelihood = { id: z.number(), logprob: z.number().nullable() };

const answer = z.looseObject({
  completion_probabilities: z
    .array(z.looseObject({ ...likelihood, top_logprobs: z.array(z.looseObject(likelihood)).default([]) }))
    .default([]),
  timings: z
    .looseObject({
      cache_n: z.number().default(0),
      prompt_n: z.number().default(0),
      predicted_n: z.number().default(1),
    })
    .default({ cache_n: 0, prompt_n: 0, predicted_n: 1 }),
});

/** The server writes the least float where a probability is too small for one. */
const minLogprob = -1e30;

/** @throws {RequestFault} if there is no log-probability */
export function tokenValue(token: number, logprob: number | null | undefined, isTop: boolean): TokenValue {
  if (typeof logprob === 'number' && logprob >= minLogprob) return { logprob, isTop };
  throw new RequestFault('engine', `token ${token} is too unlikely: the server gave no log-probability`);
}

/** Where in `tokens` the `ids` stand, each as early as it can; undefined if they don't follow each other there. */
function placesOf(tokens: readonly number[], ids: readonly number[]): readonly number[] | undefined {
  const places: number[] = [];
  for (const [at, token] of tokens.entries()) if (token === ids[places.length]) places.push(at);
  return places.length === ids.length ? places : undefined;
}

/**
 * Which of the tokens each that the server tells of is: those that end within a character are missing, and what the context had no
 * room for.
 *
 * @returns undefined for those not told, and where one among several of the same id could be the one that is told
 * @throws {RequestFault} if others than these tokens were generated
 */
export function alignTold<Told extends { readonly id: number }>(
  tokens: readonly number[],
  told: readonly Told[],
): readonly (Told | undefined)[] {
  const ids = told.map(({ id }) => id);
  const early = placesOf(tokens, ids);
  const late = placesOf(tokens.toReversed(), ids.toReversed());
  if (early === undefined || late === undefined) {
    const [said, forced] = [ids.join(' '), tokens.join(' ')];
    throw new RequestFault('engine', `the server generated the tokens ${said} where ${forced} were forced`);
  }
  const aligned: (Told | undefined)[] = tokens.map(() => undefined);
  for (const [index, place] of early.entries()) {
    const latest = tokens.length - 1 - (late[ids.length - 1 - index] ?? 0);
    if (place === latest) aligned[place] = told[index];
  }
  return aligned;
}

/**
 * Has the server generate given tokens, and reads what it says of them: log-probabilities from the model's own logits over the
 * whole vocabulary, before biases, grammars and sampling (`post_sampling_probs: false`).
 *
 * @throws {RequestFault} if it generates others
 * @throws as `ExchangeTally.post`
 */
export async function forceTokens(
  force: Force,
  { before, slot, keepsCache }: ForcedPlace,
  { tokens, listed }: ForcedTokens,
  { post }: ExchangeTally,
): Promise<ForcedAnswer> {
  const body = {
    prompt: before,
    n_predict: tokens.length,
    ...greedyFields['llama-server'],
    n_probs: listed,
    post_sampling_probs: false,
    ...force.fields(tokens),
    cache_prompt: keepsCache,
    id_slot: slot,
    response_fields: ['completion_probabilities', 'timings'],
  };
  const { timings, completion_probabilities: told } = await post('/completion', body, answer);
  // Of a token that was drafted nothing is known: it comes with a log-probability of 0 and without a list.
  const values = alignTold(tokens, told).map((said) => {
    const top = said?.top_logprobs[0];
    return said === undefined || top === undefined ? undefined : tokenValue(said.id, said.logprob, top.id === said.id);
  });
  return {
    values,
    likeliest: values[0] === undefined ? [] : (told[0]?.top_logprobs ?? []),
    cachedTokens: timings.cache_n,
    // The last token that is generated needs no decoding.
    decodedTokens: timings.prompt_n + timings.predicted_n - 1,
  };
}
