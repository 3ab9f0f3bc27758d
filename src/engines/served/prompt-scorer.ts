/**
 * Log-likelihoods from servers that give the log-probabilities of a prompt's own tokens: vLLM (`prompt_logprobs`),
 * SGLang (`/generate` with `return_logprob`).
 *
 * An item is one request: its prompts go together, as texts, and the tokens come back with their values. Continuations
 * that are one token each, and were seen before, need the context alone: what the model finds of them as the next token
 * (`logprob_token_ids`, `token_ids_logprob`). Servers that don't do that are sent tokens, at worst one prompt a request.
 *
 * Not used: vLLM's `/generative_scoring` and SGLang's `/v1/score` (multi-item scoring too). They give probabilities of
 * single tokens as these do, but don't tell what the model would have said itself, which `isGreedy` needs.
 */
import * as z from 'zod';
import type { PassOptions } from '../../core/engine.ts';
import { promptHead } from '../prompt-tokens.ts';
import type { ServedTarget } from './generate-request.ts';
import type { NextToken, Prompt, PromptAnswer, PromptValues } from './prompt-values.ts';
import { RequestFault } from './request-fault.ts';
import { createSingleTokens } from './single-tokens.ts';
import { planBySpelling } from './spelled-plan.ts';
import {
  continuationScore,
  type ExchangeTally,
  type LikelihoodPlan,
  planLikelihood,
  type ScoredRequest,
  tallyExchanges,
  type TokenScorer,
  tokenList,
} from './token-scorer.ts';

/** What a server can be asked. */
export interface PromptWay {
  /** Texts, so that nothing is tokenised beforehand. */
  readonly sends: 'texts' | 'tokens';
  /** All prompts of an item in one request. */
  readonly together: boolean;
  /** Single tokens as the next after the context. */
  readonly asksNext: boolean;
}

/**
 * From about here on, computing a context once saves more than the request for its tokens costs, even where a request
 * takes 20 ms and a token 0.03 ms.
 */
const longContext = 1000;

type Asked = Parameters<TokenScorer['score']>[0];

interface Answered {
  readonly plan: LikelihoodPlan;
  readonly answers: readonly PromptAnswer[];
  readonly firstValueMs: number;
}

/** A schema that doesn't fit is a server that doesn't do it, not a bug of ours. */
function readValues<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new RequestFault('engine', 'the response has no log-probabilities of the prompt');
    throw error;
  }
}

const tokenLists = z.looseObject({ tokens: z.array(z.array(z.number())) });

/** Context and continuations as the server tokenises them. */
async function planWithTokens(
  request: Asked,
  { tokenizesLists }: PromptValues,
  { facts }: ServedTarget,
  { post }: ExchangeTally,
): Promise<LikelihoodPlan> {
  async function tokenize<Schema extends z.ZodType>(prompt: Prompt | readonly string[], schema: Schema) {
    const body = { model: facts.servedName, prompt, add_special_tokens: true };
    const parsed = schema.safeParse(await post('/tokenize', body, z.unknown()));
    if (!parsed.success) throw new RequestFault('engine', 'the server returned no tokens from /tokenize');
    return parsed.data;
  }
  const encode = async (text: string) => (await tokenize(text, tokenList)).tokens;
  if (!tokenizesLists) return planLikelihood(request, { prefixToken: undefined, encode });
  const texts = [request.context.trimEnd(), ...request.continuations.map((text) => request.context + text)];
  const { tokens: lists } = await tokenize(texts, tokenLists);
  const known = new Map(texts.map((text, index) => [text, lists[index] ?? []]));
  return planLikelihood(request, { prefixToken: undefined, encode: async (text) => known.get(text) ?? [] });
}

/** Values of the continuations' tokens, which must be those that were planned: servers have mixed up prompts. */
function scoresOf({ plan, answers }: Answered) {
  return plan.continuations.map(({ tokens, start }, index) => {
    const own = tokens.slice(start);
    const scored = answers[index]?.tokens.slice(-own.length) ?? [];
    const values = scored.flatMap(({ value }) => (value === undefined ? [] : [value]));
    if (values.length !== own.length)
      throw new RequestFault('engine', 'log-probabilities of some tokens are missing', plan.contextTokens);
    if (!scored.every(({ id }, at) => id === own[at]))
      throw new RequestFault('engine', 'the log-probabilities are of other tokens', plan.contextTokens);
    return continuationScore(own, values);
  });
}

function scoredFrom(answered: Answered, exchanges: ExchangeTally, endedMs: number): ScoredRequest {
  const { plan, answers, firstValueMs } = answered;
  const cached = answers.map(({ cachedTokens }) => cachedTokens);
  const tokens = plan.continuations.reduce((sum, planned) => sum + planned.tokens.length, 0);
  return {
    ...plan,
    ...exchanges.spent(),
    continuations: scoresOf(answered),
    // Prompts of one request share their context; only what none of them computed is of earlier requests.
    reusedTokens: Math.min(...cached),
    decodedTokens: tokens - cached.reduce((sum, count) => sum + count, 0),
    firstValueMs,
    endedMs,
  };
}

/** Undefined where the server doesn't tell of all that were asked for: some tell of the likeliest instead. */
function scoredNext(
  next: NextToken,
  tokens: readonly number[],
  exchanges: ExchangeTally,
  endedMs: number,
): ScoredRequest | undefined {
  const logprobs = tokens.map((id) => next.logprobs.get(id));
  if (!logprobs.every((logprob) => logprob !== undefined)) return undefined;
  const continuations = logprobs.map((logprob, index) => {
    const id = tokens[index] ?? Number.NaN;
    return continuationScore([id], [{ logprob, isTop: id === next.said.id || logprob >= next.said.logprob }]);
  });
  return {
    ...exchanges.spent(),
    continuations,
    contextTokens: next.contextTokens,
    promptHead: promptHead(next.promptTokens),
    boundaryShift: false,
    reusedTokens: next.cachedTokens,
    decodedTokens: next.contextTokens - next.cachedTokens,
    firstValueMs: endedMs,
    endedMs,
  };
}

/** In a few words, for people. */
function nameOf({ name, nextName }: PromptValues, { sends, together, asksNext }: PromptWay): string {
  const parts = [
    ...(asksNext ? [`${nextName} for single tokens`] : []),
    ...(sends === 'tokens' ? ['tokens from /tokenize'] : []),
    together ? 'an item a request' : 'a continuation a request',
  ];
  return `${name} (${parts.join(', ')})`;
}

interface NextAsked {
  readonly request: Asked;
  readonly tokens: readonly number[];
  readonly reuse: PassOptions['reuse'];
}

async function askNext(
  values: PromptValues,
  target: ServedTarget,
  { request, tokens, reuse }: NextAsked,
  exchanges: ExchangeTally,
): Promise<ScoredRequest | undefined> {
  const body = values.nextBody(request.context.trimEnd(), tokens, target, reuse);
  const told = await exchanges.post(values.path, body, z.unknown());
  const next = readValues(() => values.readNext(told));
  return scoredNext(next, tokens, exchanges, target.connection.now());
}

/** One of the ways to ask a server of a kind. */
export function createPromptScorer(values: PromptValues, way: PromptWay, target: ServedTarget): TokenScorer {
  const { connection } = target;
  const singles = createSingleTokens();
  let { asksNext } = way;

  async function askPrompts(prompts: readonly Prompt[], from: number, { post }: ExchangeTally) {
    const answers: PromptAnswer[] = [];
    let firstValueMs: number | undefined;
    const size = way.together ? prompts.length : 1;
    for (let at = 0; at < prompts.length; at += size) {
      const group = prompts.slice(at, at + size);
      const answer = await post(values.path, values.body(group, from, target), z.unknown());
      firstValueMs ??= connection.now();
      answers.push(...readValues(() => values.read(answer, group)));
    }
    if (answers.length !== prompts.length)
      throw new RequestFault('engine', `${answers.length} answers came for ${prompts.length} prompts`);
    return { answers, firstValueMs: firstValueMs ?? connection.now() };
  }

  async function askItem(request: Asked, exchanges: ExchangeTally): Promise<Answered> {
    if (way.sends === 'texts' && !(values.startsLater && request.context.length >= longContext)) {
      const texts = request.continuations.map((text) => request.context + text);
      const answered = await askPrompts(texts, 0, exchanges);
      const tokens = answered.answers.map((prompt) => prompt.tokens);
      const plan = planBySpelling(request, tokens) ?? (await planWithTokens(request, values, target, exchanges));
      return { plan, ...answered };
    }
    const plan = await planWithTokens(request, values, target, exchanges);
    const from = Math.min(...plan.continuations.map(({ start }) => start));
    const prompts = plan.continuations.map(({ tokens }) => tokens);
    return { plan, ...(await askPrompts(prompts, from, exchanges)) };
  }

  return {
    name: nameOf(values, way),
    isDetour: false,
    maxPlaces: undefined,
    async score(request, { reuse, isProbe = false }, { signal }) {
      const exchanges = tallyExchanges(target, signal);
      const tokens = asksNext ? singles.find(request) : undefined;
      const next = tokens && (await askNext(values, target, { request, tokens, reuse }, exchanges));
      if (next !== undefined) return next;
      if (tokens !== undefined) {
        if (isProbe) throw new RequestFault('engine', 'log-probabilities of some tokens are missing');
        asksNext = false;
      }
      const answered = await askItem(request, exchanges);
      if (asksNext) singles.learn(request, answered.plan);
      return scoredFrom(answered, exchanges, connection.now());
    },
  };
}
