/**
 * Log-likelihoods from servers that give the log-probabilities of a prompt's own tokens: vLLM (`prompt_logprobs`),
 * SGLang (`/generate` with `return_logprob`).
 */
import * as z from 'zod';
import type { ContinuationScore } from '../../core/engine.ts';
import type { ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import {
  type ExchangeTally,
  type ScoringPath,
  tallyExchanges,
  tokenList,
  planLikelihood,
  continuationScore,
  type TokenScorer,
  type TokenValue,
} from './token-scorer.ts';

/** Asks for the values of all tokens of a prompt; the first has none. */
interface PromptValues {
  readonly path: ScoringPath;
  readonly body: (tokens: readonly number[], target: ServedTarget) => object;
  readonly read: (answer: unknown, tokens: readonly number[]) => readonly (TokenValue | undefined)[];
}

const vllmAnswer = z.looseObject({
  choices: z.tuple(
    [
      z.looseObject({
        prompt_logprobs: z.array(
          /** A null is a probability of 0, which Python writes as -Infinity. */
          z.record(z.string(), z.looseObject({ logprob: z.number().nullable() })).nullable(),
        ),
      }),
    ],
    z.unknown(),
  ),
});

const vllmValues: PromptValues = {
  path: '/completions',
  body: (tokens, { facts, salt }) => ({
    model: facts.servedName,
    prompt: tokens,
    max_tokens: 1,
    temperature: 0,
    prompt_logprobs: 1,
    cache_salt: salt(),
  }),
  read(answer, tokens) {
    const [{ prompt_logprobs: entries }] = vllmAnswer.parse(answer).choices;
    return tokens.map((token, index) => {
      const entry = entries[index];
      const own = entry?.[String(token)];
      if (entry === null || entry === undefined || typeof own?.logprob !== 'number') return undefined;
      const best = Math.max(...Object.values(entry).map(({ logprob }) => logprob ?? -Infinity));
      return { logprob: own.logprob, isTop: own.logprob >= best };
    });
  },
};

const sglangToken = z.tuple([z.number().nullable(), z.number()], z.unknown());
const sglangAnswer = z.looseObject({
  meta_info: z.looseObject({
    input_token_logprobs: z.array(sglangToken),
    input_top_logprobs: z.array(z.array(sglangToken).nullable()),
  }),
});

const sglangValues: PromptValues = {
  path: '/generate',
  body: (tokens) => ({
    input_ids: tokens,
    sampling_params: { max_new_tokens: 1, temperature: 0 },
    return_logprob: true,
    logprob_start_len: 0,
    top_logprobs_num: 1,
  }),
  read(answer, tokens) {
    const { input_token_logprobs: own, input_top_logprobs: top } = sglangAnswer.parse(answer).meta_info;
    return tokens.map((token, index) => {
      const [logprob, id] = own[index] ?? [];
      if (typeof logprob !== 'number' || id !== token) return undefined;
      const best = top[index]?.[0]?.[0];
      return { logprob, isTop: typeof best === 'number' && logprob >= best };
    });
  },
};

/** A schema that doesn't fit is a server that doesn't do it, not a bug of ours. */
function readValues(
  values: PromptValues,
  answer: unknown,
  tokens: readonly number[],
): readonly (TokenValue | undefined)[] {
  try {
    return values.read(answer, tokens);
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new RequestFault('engine', 'the response has no log-probabilities of the prompt');
    throw error;
  }
}

function createPromptScorer(name: string, values: PromptValues, target: ServedTarget): TokenScorer {
  const { connection, facts } = target;

  async function encode({ post }: ExchangeTally, text: string): Promise<readonly number[]> {
    const body = { model: facts.servedName, prompt: text, add_special_tokens: true };
    const parsed = tokenList.safeParse(await post('/tokenize', body, z.unknown()));
    if (!parsed.success) throw new RequestFault('engine', 'the server returned no tokens from /tokenize');
    return parsed.data.tokens;
  }

  return {
    name,
    isDetour: false,
    maxPlaces: undefined,
    async score(request, _pass, { signal }) {
      const exchanges = tallyExchanges(target, signal);
      const plan = await planLikelihood(request, { prefixToken: undefined, encode: (text) => encode(exchanges, text) });
      const continuations: ContinuationScore[] = [];
      let decodedTokens = 0;
      let firstValueMs: number | undefined;
      for (const { tokens, start } of plan.continuations) {
        const answer = await exchanges.post(values.path, values.body(tokens, target), z.unknown());
        firstValueMs ??= connection.now();
        decodedTokens += tokens.length;
        const scored = readValues(values, answer, tokens).slice(start);
        const known = scored.filter((value) => value !== undefined);
        if (known.length !== tokens.length - start)
          throw new RequestFault('engine', 'log-probabilities of some tokens are missing', plan.contextTokens);
        continuations.push(continuationScore(tokens.slice(start), known));
      }
      const endedMs = connection.now();
      return {
        ...plan,
        ...exchanges.spent(),
        continuations,
        reusedTokens: 0,
        decodedTokens,
        firstValueMs: firstValueMs ?? endedMs,
        endedMs,
      };
    },
  };
}

export const createVllmScorer = (target: ServedTarget): TokenScorer =>
  createPromptScorer('prompt_logprobs of vLLM', vllmValues, target);
export const createSglangScorer = (target: ServedTarget): TokenScorer =>
  createPromptScorer('return_logprob of SGLang', sglangValues, target);
