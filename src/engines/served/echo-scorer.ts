/**
 * Log-likelihoods from servers that know `echo` with `logprobs` and nothing better. Tokens are cut by their place in the
 * text: a token that reaches over the end of the context counts to the continuation. Their ids aren't known.
 */
import * as z from 'zod';
import type { ContinuationScore } from '../../core/engine.ts';
import type { ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import { tallyExchanges, continuationScore, type TokenScorer, type TokenValue } from './token-scorer.ts';

const echoAnswer = z.looseObject({
  choices: z.tuple(
    [
      z.looseObject({
        logprobs: z.looseObject({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number().nullable()),
          /** A null is a probability of 0, which Python writes as -Infinity. */
          top_logprobs: z.array(z.record(z.string(), z.number().nullable()).nullable()).nullish(),
          text_offset: z.array(z.number()),
        }),
      }),
    ],
    z.unknown(),
  ),
});

/** Servers count characters, JavaScript counts UTF-16 units. */
function characters(text: string): number {
  return Array.from(text).length;
}

interface EchoedPart {
  readonly values: readonly TokenValue[];
  readonly contextTokens: number;
  readonly tokens: number;
  readonly isShifted: boolean;
}

function readPart(answer: unknown, contextEnd: number, textEnd: number): EchoedPart {
  const parsed = echoAnswer.safeParse(answer);
  if (!parsed.success) throw new RequestFault('engine', 'the response echoes no log-probabilities');
  const { tokens, token_logprobs: logprobs, top_logprobs: top, text_offset: offsets } = parsed.data.choices[0].logprobs;
  const values: TokenValue[] = [];
  let [contextTokens, isShifted] = [0, false];
  for (const [index, token] of tokens.entries()) {
    const offset = offsets[index] ?? 0;
    // The token that was generated on top.
    if (offset >= textEnd) break;
    if (offset + characters(token) <= contextEnd) {
      contextTokens += 1;
      continue;
    }
    isShifted ||= offset < contextEnd;
    const logprob = logprobs[index];
    if (typeof logprob !== 'number')
      throw new RequestFault('engine', `no log-probability for token ${index}`, contextTokens);
    const best = Math.max(...Object.values(top?.[index] ?? {}).map((value) => value ?? -Infinity), -Infinity);
    values.push({ logprob, isTop: logprob >= best && best !== -Infinity });
  }
  if (values.length === 0) throw new RequestFault('engine', 'the continuation has no tokens of its own', contextTokens);
  return { values, contextTokens, tokens: tokens.length, isShifted };
}

export function createEchoScorer(target: ServedTarget): TokenScorer {
  const { connection, facts } = target;
  return {
    name: 'echo with logprobs',
    isDetour: false,
    maxPlaces: undefined,
    async score({ context, continuations }, _pass, { signal }) {
      const contextEnd = characters(context.trimEnd());
      const scores: ContinuationScore[] = [];
      const exchanges = tallyExchanges(target, signal);
      let [decodedTokens, contextTokens] = [0, 0];
      let firstValueMs: number | undefined;
      let boundaryShift = false;
      for (const continuation of continuations) {
        const text = context + continuation;
        const body = {
          model: facts.servedName,
          prompt: text,
          max_tokens: 1,
          temperature: 0,
          echo: true,
          logprobs: 1,
        };
        const answer = await exchanges.post('/completions', body, z.unknown());
        firstValueMs ??= connection.now();
        const part = readPart(answer, contextEnd, characters(text));
        decodedTokens += part.tokens;
        contextTokens = part.contextTokens;
        boundaryShift ||= part.isShifted;
        scores.push(continuationScore([], part.values));
      }
      const endedMs = connection.now();
      return {
        ...exchanges.spent(),
        continuations: scores,
        contextTokens,
        promptHead: [],
        boundaryShift,
        reusedTokens: 0,
        decodedTokens,
        firstValueMs: firstValueMs ?? endedMs,
        endedMs,
      };
    },
  };
}
