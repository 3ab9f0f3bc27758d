/**
 * Log-likelihoods from servers that know `echo` with `logprobs` and nothing better. Tokens are cut by their texts, which must
 * make up the prompt: a token that reaches over the end of the context counts to the continuation. Their ids aren't known.
 */
import * as z from 'zod';
import { greedyFields } from './completions.ts';
import type { ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import {
  continuationScore,
  type ExchangeTally,
  tallyExchanges,
  type TokenScorer,
  type TokenValue,
} from './token-scorer.ts';

const echoAnswer = z.looseObject({
  choices: z.array(
    z.looseObject({
      index: z.number().default(0),
      logprobs: z.looseObject({
        tokens: z.array(z.string()),
        token_logprobs: z.array(z.number().nullable()),
        /** A null is a probability of 0, which Python writes as -Infinity. */
        top_logprobs: z.array(z.record(z.string(), z.number().nullable()).nullable()).nullish(),
      }),
    }),
  ),
});

type EchoedPrompt = z.output<typeof echoAnswer>['choices'][number]['logprobs'];

interface EchoedPart {
  readonly values: readonly TokenValue[];
  readonly contextTokens: number;
  readonly tokens: number;
  readonly isShifted: boolean;
}

/** The prompts of an answer, in their order. */
function readEchoes(answer: unknown, count: number): readonly EchoedPrompt[] {
  const parsed = echoAnswer.safeParse(answer);
  if (!parsed.success) throw new RequestFault('engine', 'the response echoes no log-probabilities');
  const { choices } = parsed.data;
  if (choices.length !== count) throw new RequestFault('engine', `${choices.length} answers came for ${count} prompts`);
  return choices.toSorted((left, right) => left.index - right.index).map(({ logprobs }) => logprobs);
}

/**
 * Where the prompt stands among the echoed tokens: a mark may begin them, and the one that was generated is the last.
 *
 * @throws {RequestFault} if it doesn't, as where each token is decoded alone and some are parts of characters
 */
function findPrompt(tokens: readonly string[], text: string): readonly [from: number, to: number] {
  for (const from of [1, 0])
    for (const to of [tokens.length - 1, tokens.length])
      if (tokens.slice(from, to).join('') === text) return [from, to];
  throw new RequestFault('engine', 'the texts of the echoed tokens do not make up the prompt');
}

function readPart(echoed: EchoedPrompt, text: string, contextEnd: number): EchoedPart {
  const { tokens, token_logprobs: logprobs, top_logprobs: top } = echoed;
  const [from, to] = findPrompt(tokens, text);
  let [start, end] = [to, text.length];
  // A token without a text is a part of a character, which comes with the last part.
  while (start > from && (end > contextEnd || tokens[start - 1] === '')) {
    start -= 1;
    end -= tokens[start]?.length ?? 0;
  }
  if (start === to) throw new RequestFault('engine', 'the continuation has no tokens of its own', start);
  const values = tokens.slice(start, to).map((_, offset) => {
    const index = start + offset;
    const logprob = logprobs[index];
    if (typeof logprob !== 'number') throw new RequestFault('engine', `no log-probability for token ${index}`, start);
    const best = Math.max(...Object.values(top?.[index] ?? {}).map((value) => value ?? -Infinity), -Infinity);
    return { logprob, isTop: logprob >= best && best !== -Infinity };
  });
  return { values, contextTokens: start, tokens: tokens.length, isShifted: end < contextEnd };
}

/** @param together all prompts of an item go in one request; else one by one */
export function createEchoScorer(together: boolean, target: ServedTarget): TokenScorer {
  const { connection, facts } = target;

  async function ask(texts: readonly string[], { post }: ExchangeTally): Promise<readonly EchoedPrompt[]> {
    const prompt = texts.length === 1 ? texts[0] : texts;
    const greedy = greedyFields[facts.flavour];
    const body = { model: facts.servedName, prompt, max_tokens: 1, ...greedy, echo: true, logprobs: 1 };
    return readEchoes(await post('/completions', body, z.unknown()), texts.length);
  }

  return {
    name: `echo with logprobs (${together ? 'an item' : 'a continuation'} a request)`,
    isDetour: false,
    maxPlaces: undefined,
    async score({ context, continuations }, _pass, { signal }) {
      const contextEnd = context.trimEnd().length;
      const exchanges = tallyExchanges(target, signal);
      const texts = continuations.map((continuation) => context + continuation);
      const parts: EchoedPart[] = [];
      let firstValueMs: number | undefined;
      for (const group of together ? [texts] : texts.map((text) => [text])) {
        const echoes = await ask(group, exchanges);
        firstValueMs ??= connection.now();
        parts.push(...echoes.map((echoed, index) => readPart(echoed, group[index] ?? '', contextEnd)));
      }
      const endedMs = connection.now();
      return {
        ...exchanges.spent(),
        continuations: parts.map(({ values }) => continuationScore([], values)),
        contextTokens: parts.at(-1)?.contextTokens ?? 0,
        promptHead: [],
        boundaryShift: parts.some(({ isShifted }) => isShifted),
        reusedTokens: 0,
        decodedTokens: parts.reduce((sum, { tokens }) => sum + tokens, 0),
        firstValueMs: firstValueMs ?? endedMs,
        endedMs,
      };
    },
  };
}
