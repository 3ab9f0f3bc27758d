/**
 * Exact log-likelihoods from llama-server, which gives log-probabilities of generated tokens alone: it is made to generate the
 * tokens of each continuation. Tests compare the sums with the llama engine's.
 *
 * A grammar of token ids (llama.cpp since December 2025) forces a whole continuation in one request. A bias, which any build
 * knows, takes a request for each token. The context stays in the cache of one slot, so that it is decoded once. Tokens that
 * continuations share are asked for once, and continuations that end with one token after the same others, such as labels,
 * are read from one list of likeliest tokens.
 *
 * Not covered: the speed of reading. Tokens are decoded one by one that a model could read at once.
 */
import type { ContinuationScore } from '../../core/engine.ts';
import { commonPrefix } from '../prompt-tokens.ts';
import {
  byBias,
  byGrammar,
  type Force,
  type ForcedPlace,
  type ForcedTokens,
  forceTokens,
  tokenValue,
} from './forced-tokens.ts';
import type { ServedTarget } from './generate-request.ts';
import { learnTokens, type LlamaServerTokens } from './llama-server-tokens.ts';
import {
  continuationScore,
  type CreateTokenScorer,
  type ExchangeTally,
  planLikelihood,
  type PlannedContinuation,
  tallyExchanges,
  type TokenScorer,
  type TokenValue,
} from './token-scorer.ts';

/** Enough to hold most labels; those that it doesn't are asked for singly. */
const listedLabels = 200;

/** More than any vocabulary has. */
const wholeVocabulary = 1_000_000;

/** What is asked of the server for one request, and what is known from it. */
interface Scoring {
  readonly force: Force;
  readonly learnt: LlamaServerTokens;
  readonly vocabularySize: number;
  readonly slot: number;
  readonly reusesPrefix: boolean;
  readonly exchanges: ExchangeTally;
  /** By the tokens up to it. */
  readonly known: Map<string, TokenValue>;
  readonly now: () => number;
  first: { readonly cachedTokens: number; readonly atMs: number } | undefined;
  decodedTokens: number;
}

async function ask(scoring: Scoring, force: Force, before: readonly number[], forced: ForcedTokens) {
  const keepsCache = scoring.first !== undefined || scoring.reusesPrefix;
  const place: ForcedPlace = { before, slot: scoring.slot, keepsCache };
  const answer = await forceTokens(force, place, forced, scoring.exchanges);
  scoring.first ??= { cachedTokens: answer.cachedTokens, atMs: scoring.now() };
  scoring.decodedTokens += answer.decodedTokens;
  return answer;
}

/** A token that no grammar forces, or that the server didn't tell of with others: alone it does, unless it ends within a character. Then it lists it. */
async function askSingly(scoring: Scoring, before: readonly number[], token: number): Promise<TokenValue> {
  const alone = await ask(scoring, byBias, before, { tokens: [token], listed: 1 });
  const [told] = alone.values;
  if (told !== undefined) return told;
  const every = { tokens: [scoring.learnt.wholeToken], listed: scoring.vocabularySize };
  const { likeliest } = await ask(scoring, byBias, before, every);
  return tokenValue(token, likeliest.find(({ id }) => id === token)?.logprob, likeliest[0]?.id === token);
}

/**
 * The tokens from `at` on that one request can force. In a grammar, a token that isn't text by itself is refused, whatever
 * its id (llama.cpp, src/llama-grammar.cpp, `llama_grammar_reject_candidates_for_stack`).
 */
function forcedTogether({ force, learnt }: Scoring, tokens: readonly number[], at: number): readonly number[] {
  const together = tokens.slice(at, at + force.maxTokens);
  const part = together.findIndex((token) => learnt.isPart(token));
  return part < 0 ? together : together.slice(0, part);
}

const keyOf = (tokens: readonly number[]): string => tokens.join(',');

/** Learns the value of the token at `at`, and of others that come with it. */
async function learnValues(
  scoring: Scoring,
  own: PlannedContinuation,
  at: number,
  all: readonly PlannedContinuation[],
): Promise<void> {
  const { force, known } = scoring;
  const before = own.tokens.slice(0, at);
  const first = own.tokens[at] ?? Number.NaN;
  if (scoring.learnt.isPart(first)) {
    known.set(keyOf([...before, first]), await askSingly(scoring, before, first));
    return;
  }
  const tokens = forcedTogether(scoring, own.tokens, at);
  const endsHere = ({ tokens: other }: PlannedContinuation): boolean =>
    other.length === at + 1 && commonPrefix(other, before) === at;
  const labels = all.filter((other) => endsHere(other)).map((other) => other.tokens[at] ?? Number.NaN);
  const isShared = labels.some((label) => label !== first);
  const { values, likeliest } = await ask(scoring, force, before, { tokens, listed: isShared ? listedLabels : 1 });
  for (const [rank, { id, logprob }] of likeliest.entries())
    if (labels.includes(id)) known.set(keyOf([...before, id]), tokenValue(id, logprob, rank === 0));
  for (const [offset, token] of tokens.entries()) {
    const earlier = own.tokens.slice(0, at + offset);
    known.set(keyOf([...earlier, token]), values[offset] ?? (await askSingly(scoring, earlier, token)));
  }
}

async function scoreContinuation(
  scoring: Scoring,
  own: PlannedContinuation,
  all: readonly PlannedContinuation[],
): Promise<ContinuationScore> {
  const { tokens, start } = own;
  const values: TokenValue[] = [];
  while (start + values.length < tokens.length) {
    const at = start + values.length;
    const value = scoring.known.get(keyOf(tokens.slice(0, at + 1)));
    if (value === undefined) await learnValues(scoring, own, at, all);
    else values.push(value);
  }
  return continuationScore(tokens.slice(start), values);
}

/** @param force how the server is made to generate given tokens */
function createForcedScorer(force: Force, target: ServedTarget): TokenScorer {
  const { facts, connection } = target;
  let learnt: LlamaServerTokens | undefined;
  return {
    name: force.name,
    isDetour: true,
    maxPlaces: facts.slots,
    async score(request, { reuse }, { place, signal }) {
      const exchanges = tallyExchanges(target, signal);
      learnt ??= await learnTokens(target, exchanges);
      const texts = [request.context.trimEnd(), ...request.continuations.map((each) => request.context + each)];
      const encoded = await learnt.encode(texts, exchanges);
      const plan = await planLikelihood(request, {
        prefixToken: learnt.prefixToken,
        encode: async (text) => encoded[texts.indexOf(text)] ?? [],
      });
      const scoring: Scoring = {
        force,
        learnt,
        vocabularySize: facts.vocabularySize ?? wholeVocabulary,
        slot: place,
        reusesPrefix: reuse === 'prefix',
        exchanges,
        known: new Map(),
        now: connection.now,
        first: undefined,
        decodedTokens: 0,
      };
      const continuations: ContinuationScore[] = [];
      for (const each of plan.continuations)
        continuations.push(await scoreContinuation(scoring, each, plan.continuations));
      const endedMs = connection.now();
      return {
        ...plan,
        ...exchanges.spent(),
        continuations,
        reusedTokens: scoring.first?.cachedTokens ?? 0,
        decodedTokens: scoring.decodedTokens,
        firstValueMs: scoring.first?.atMs ?? endedMs,
        endedMs,
      };
    },
  };
}

export const createGrammarScorer: CreateTokenScorer = (target) => createForcedScorer(byGrammar, target);

export const createBiasScorer: CreateTokenScorer = (target) => createForcedScorer(byBias, target);
