/**
 * Exact log-likelihoods from llama-server, which gives log-probabilities of generated tokens alone.
 *
 * Each token of a continuation is generated, with a bias that no other token can beat. The log-probability that comes
 * with it is taken from the model's own logits, before biases and sampling (`post_sampling_probs: false`), over the
 * whole vocabulary: it is the token's, not the bias's. The context stays in the cache of one slot, so that each step
 * decodes one token. Tests compare the sums with the llama engine's.
 *
 * Not covered: speed. A continuation of n tokens takes n requests.
 */
import * as z from 'zod';
import type { ContinuationScore } from '../../core/engine.ts';
import type { ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import {
  type ExchangeTally,
  tallyExchanges,
  tokenList,
  planLikelihood,
  continuationScore,
  type TokenScorer,
  type TokenValue,
} from './token-scorer.ts';

/** Above any difference between logits, and far from where 32-bit floats lose a bias's steps. */
const forcingBias = 100_000;

const stepAnswer = z.looseObject({
  completion_probabilities: z
    .array(
      z.looseObject({
        id: z.number(),
        logprob: z.number().nullable(),
        top_logprobs: z.array(z.looseObject({ id: z.number(), logprob: z.number().nullable() })).min(1),
      }),
    )
    .default([]),
  timings: z
    .looseObject({ cache_n: z.number().default(0), prompt_n: z.number().default(0) })
    .default({ cache_n: 0, prompt_n: 0 }),
});

/** The server writes the least float where a probability is too small for one. */
const minLogprob = -1e30;

/** More than any vocabulary has. */
const wholeVocabulary = 1_000_000;

interface Step extends TokenValue {
  readonly cachedTokens: number;
  readonly decodedTokens: number;
}

interface StepRequest {
  readonly before: readonly number[];
  readonly token: number;
  readonly slot: number;
  readonly keepsCache: boolean;
}

/** One token generated, forced, with what the server says of it and of the `listed` likeliest. */
async function generateForced(
  { before, slot, keepsCache }: StepRequest,
  forced: number,
  listed: number,
  { post }: ExchangeTally,
) {
  const body = {
    prompt: before,
    n_predict: 1,
    temperature: 0,
    n_probs: listed,
    post_sampling_probs: false,
    logit_bias: [[forced, forcingBias]],
    cache_prompt: keepsCache,
    id_slot: slot,
  };
  const { timings, completion_probabilities: said } = await post('/completion', body, stepAnswer);
  return { said: said[0], cachedTokens: timings.cache_n, decodedTokens: timings.prompt_n };
}

/**
 * @param findAnchor finds a token that is whole characters: a token that ends within a character is generated, but not told of,
 *   so it is looked up in the list of all tokens that comes with another one
 */
async function forceToken(
  target: ServedTarget,
  request: StepRequest,
  findAnchor: (exchanges: ExchangeTally) => Promise<number>,
  exchanges: ExchangeTally,
): Promise<Step> {
  const { token } = request;
  const { said, ...step } = await generateForced(request, token, 1, exchanges);
  const top = said?.top_logprobs[0];
  if (said !== undefined && said.id !== token) {
    throw new RequestFault('engine', `the server generated token ${said.id} where token ${token} was forced`);
  }
  let logprob = said?.logprob;
  let isTop = top?.id === token;
  if (said === undefined) {
    const all = target.facts.vocabularySize ?? wholeVocabulary;
    const anchor = await findAnchor(exchanges);
    const listed = await generateForced({ ...request, keepsCache: true }, anchor, all, exchanges);
    const likeliest = listed.said?.top_logprobs ?? [];
    logprob = likeliest.find(({ id }) => id === token)?.logprob;
    isTop = likeliest[0]?.id === token;
  }
  if (typeof logprob !== 'number' || logprob < minLogprob) {
    throw new RequestFault('engine', `token ${token} is too unlikely: the server gave no log-probability`);
  }
  return { ...step, logprob, isTop };
}

async function encode(content: string, options: object, { post }: ExchangeTally): Promise<readonly number[]> {
  return (await post('/tokenize', { content, ...options }, tokenList)).tokens;
}

/** The token that stands before a text without context: BOS, else EOS. */
async function findPrefix(target: ServedTarget, exchanges: ExchangeTally): Promise<number | undefined> {
  for (const text of [target.facts.bosToken, target.facts.eosToken]) {
    if (text === undefined || text === '') continue;
    const [token, ...rest] = await encode(text, { add_special: false, parse_special: true }, exchanges);
    if (token !== undefined && rest.length === 0) return token;
  }
  return undefined;
}

export function createForcedScorer(target: ServedTarget): TokenScorer {
  const { facts } = target;
  let prefix: { readonly token: number | undefined } | undefined;
  let anchor: number | undefined;
  async function findAnchor(exchanges: ExchangeTally): Promise<number> {
    anchor ??= (await encode('a', { add_special: false, parse_special: false }, exchanges)).at(-1);
    return anchor ?? 0;
  }

  return {
    name: 'forced continuation',
    isDetour: true,
    maxPlaces: facts.slots,
    async score(request, { reuse }, { place, signal }) {
      const exchanges = tallyExchanges(target, signal);
      prefix ??= { token: await findPrefix(target, exchanges) };
      const plan = await planLikelihood(request, {
        prefixToken: prefix.token,
        encode: (text) => encode(text, { add_special: true, parse_special: false }, exchanges),
      });
      const { connection } = target;
      const known = new Map<string, Step>();
      const continuations: ContinuationScore[] = [];
      let first: Step | undefined;
      let firstValueMs = 0;
      for (const { tokens, start } of plan.continuations) {
        const values: TokenValue[] = [];
        for (const [offset, token] of tokens.slice(start).entries()) {
          const before = tokens.slice(0, start + offset);
          const key = `${before.join(',')}>${token}`;
          const keepsCache = first !== undefined || reuse === 'prefix';
          const step =
            known.get(key) ??
            (await forceToken(target, { before, token, slot: place, keepsCache }, findAnchor, exchanges));
          if (first === undefined) [first, firstValueMs] = [step, connection.now()];
          known.set(key, step);
          values.push(step);
        }
        continuations.push(continuationScore(tokens.slice(start), values));
      }
      const steps = [...known.values()];
      const endedMs = connection.now();
      return {
        ...plan,
        ...exchanges.spent(),
        continuations,
        reusedTokens: first?.cachedTokens ?? 0,
        decodedTokens: steps.reduce((sum, { decodedTokens }) => sum + decodedTokens, 0),
        firstValueMs,
        endedMs,
      };
    },
  };
}
