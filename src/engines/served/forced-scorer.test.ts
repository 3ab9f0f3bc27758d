import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { createBiasScorer, createGrammarScorer } from './forced-scorer.ts';
import { alignTold } from './forced-tokens.ts';
import type { ServedTarget } from './generate-request.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerFacts } from './server-facts.ts';
import { probeLikelihood } from './token-scorers.ts';

const signal = new AbortController().signal;
const beginning = 256;
const contextTokens = 64;

interface Ways {
  /** From before grammars could name tokens. */
  readonly isOld?: boolean;
  /** All but the first token of an answer are drafted. */
  readonly drafts?: boolean;
  /** Generates another token than was forced. */
  readonly errs?: boolean;
}

/** Tokens are bytes, each depends on the one before it; letters are likelier than others. */
function logprobOf(before: number, token: number): number {
  const isLetter = token >= 97 && token <= 122;
  return -((token * 31 + before * 17) % 257) / 50 - (isLetter ? 0 : 5.2);
}

function likeliest(before: number): { readonly id: number; readonly logprob: number }[] {
  const all = Array.from({ length: 257 }, (_, id) => ({ id, logprob: logprobOf(before, id) }));
  return all.toSorted((left, right) => right.logprob - left.logprob);
}

interface Body {
  readonly content: string | readonly (string | number)[];
  readonly add_special: boolean;
  readonly prompt: string | readonly number[];
  readonly n_predict: number;
  readonly n_probs: number;
  readonly grammar?: string;
  readonly logit_bias?: readonly (readonly [number, number])[];
  readonly cache_prompt: boolean;
}

const bytes = (text: string): number[] => (text === '<s>' ? [beginning] : [...Buffer.from(text)]);

function tokenize({ content, add_special: isMarked }: Body): readonly number[] {
  const parts = typeof content === 'string' ? [content] : content;
  const tokens = parts.flatMap((part) => (typeof part === 'number' ? [part] : bytes(part)));
  return isMarked ? [beginning, ...tokens] : tokens;
}

/** As llama-server writes them: bytes where they aren't text. */
const withPiece = (id: number) => ({
  id,
  piece: id === beginning ? '<s>' : id < 128 ? String.fromCharCode(id) : [id],
});

const isWhole = (tokens: readonly number[]): boolean => !Buffer.from(tokens).toString().endsWith('\uFFFD');

/** llama-server's `/completion`, of which one slot is used. */
function completions(ways: Ways) {
  let cached: readonly number[] = [];
  return ({ prompt, n_predict: count, n_probs: listed, grammar, logit_bias: bias, cache_prompt: keeps }: Body) => {
    const tokens = typeof prompt === 'string' ? bytes(prompt) : [...prompt];
    if (tokens.length >= contextTokens)
      return { status: 400, error: { type: 'exceed_context_size_error', message: `${tokens.length} tokens` } };
    if (grammar !== undefined && ways.isOld === true)
      return { status: 400, error: { type: 'invalid_request_error', message: 'failed to parse grammar' } };
    const named = grammar?.match(/\d+/g)?.map(Number) ?? [];
    if (named.some((token) => token === 0 || token >= 128))
      return { status: 500, error: { type: 'server_error', message: 'Unexpected empty grammar stack' } };
    const forced = grammar?.match(/\d+/g)?.map(Number) ?? [bias?.[0]?.[0] ?? likeliest(tokens.at(-1) ?? 0)[0]?.id ?? 0];
    const room = Math.min(count, contextTokens - tokens.length);
    const generated = forced.slice(0, room).map((token) => (ways.errs === true ? token + 1 : token));
    const told = generated.flatMap((id, at) => {
      if (!isWhole(generated.slice(0, at + 1))) return [];
      if (ways.drafts === true && at > 0) return [{ id, logprob: 0, top_logprobs: [] }];
      const before = generated[at - 1] ?? tokens.at(-1) ?? 0;
      return [{ id, logprob: logprobOf(before, id), top_logprobs: likeliest(before).slice(0, listed) }];
    });
    const same = tokens.findIndex((token, at) => cached[at] !== token);
    const reused = keeps ? Math.min(same === -1 ? tokens.length : same, tokens.length - 1) : 0;
    cached = [...tokens, ...generated.slice(0, -1)];
    const timings = { cache_n: reused, prompt_n: tokens.length - reused, predicted_n: generated.length };
    return { status: 200, completion_probabilities: told, timings, generated };
  };
}

async function withServer<Result>(
  ways: Ways,
  use: (target: ServedTarget, asked: Body[]) => Promise<Result>,
  facts: Partial<ServerFacts> = {},
): Promise<Result> {
  const complete = completions(ways);
  const asked: Body[] = [];
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then((chunks) => {
      const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Body;
      if (request.url === '/tokenize') return response.end(JSON.stringify({ tokens: tokenize(body).map(withPiece) }));
      const isNative = request.url === '/completion';
      const { status, ...answer } = complete(isNative ? body : { ...body, n_predict: 1, n_probs: 1 });
      response.writeHead(status, { 'content-type': 'application/json' });
      if (isNative) {
        asked.push(body);
        return response.end(JSON.stringify(answer));
      }
      const [{ id, logprob } = { id: 0, logprob: 0 }] = answer.completion_probabilities ?? [];
      const logprobs = { tokens: [String.fromCharCode(id)], token_logprobs: [logprob], top_logprobs: [{}] };
      const choice = { text: String.fromCharCode(id), finish_reason: 'length', logprobs };
      return response.end(JSON.stringify({ choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1 } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/v1`;
  const retry = { retryMs: 100, backoffMs: 1, maxBackoffMs: 10 };
  await using connection = new ServerConnection({ baseUrl, apiKey: undefined, hangMs: 5000, retry });
  const known = { flavour: 'llama-server', servedName: 'm', bosToken: '<s>', vocabularySize: 257, ...facts };
  try {
    return await use({ connection, facts: known as ServerFacts, extra: {}, salt: () => '' }, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const scorers = { grammar: createGrammarScorer, bias: createBiasScorer } as const;

async function scoreAt(
  way: keyof typeof scorers,
  request: { readonly context: string; readonly continuations: readonly string[] },
  ways: Ways = {},
  facts: Partial<ServerFacts> = {},
) {
  const use = async (target: ServedTarget, asked: Body[]) => {
    const score = await scorers[way](target).score(request, { reuse: 'none' }, { place: 0, signal });
    return { ...score, asked };
  };
  return withServer(ways, use, facts);
}

/** By the model itself. */
function expectedLogprobs(context: string, continuation: string): number[] {
  const all = [beginning, ...bytes(context + continuation)];
  return all.slice(1 + bytes(context).length).map((token, at) => {
    return logprobOf(all[bytes(context).length + at] ?? 0, token);
  });
}

const sentences = { context: 'The sun', continuations: [' rises', ' sets', ' is a ring'] };

it.each([
  // Of each continuation what the ones before it don't tell: all share the space, and two of them what follows.
  ['grammar', 3],
  ['bias', 6 + 4 + 9],
] as const)('scores by %s what the model gives', async (way, requests) => {
  const { continuations, asked, decodedTokens, contextTokens: counted } = await scoreAt(way, sentences);
  expect(asked).toHaveLength(requests);
  expect(counted).toBe(1 + 7);
  for (const [index, { tokenLogprobs }] of continuations.entries())
    expect(tokenLogprobs).toEqual(expectedLogprobs(sentences.context, sentences.continuations[index] ?? ''));
  // The context once, then each token that another one follows; the last of what is cached again for each branch.
  expect(decodedTokens).toBe(8 + 5 + 4 + 9);
});

it('reads labels after one context from one list', async () => {
  const labels = { context: 'Choose', continuations: ['a', 'q', 'z'] };
  const { continuations, asked } = await scoreAt('grammar', labels);
  expect(asked).toHaveLength(1);
  expect(continuations.map(({ logprob }) => logprob)).toEqual(
    labels.continuations.map((label) => expectedLogprobs('Choose', label)[0]),
  );
  const best = likeliest('e'.charCodeAt(0))[0]?.id;
  expect(continuations.map(({ isGreedy, tokenIds }) => isGreedy === (tokenIds[0] === best))).toEqual([
    true,
    true,
    true,
  ]);
});

it('asks singly for a label that the list does not hold', async () => {
  const rarest = likeliest('e'.charCodeAt(0)).findLast(({ id }) => id < 32)?.id ?? 0;
  const labels = { context: 'Choose', continuations: ['a', String.fromCharCode(rarest)] };
  const { continuations, asked } = await scoreAt('grammar', labels);
  expect(asked).toHaveLength(2);
  expect(continuations[1]?.logprob).toBe(logprobOf('e'.charCodeAt(0), rarest));
});

it.each([
  ['grammar', 'parts of characters', {}],
  ['bias', 'parts of characters', {}],
  ['grammar', 'tokens that were drafted', { drafts: true }],
] as const)('scores by %s %s, which the server does not tell', async (way, _, ways) => {
  const continuations = [' Übel', ' ÖÖ', ' 日本', '\0'];
  const scored = await scoreAt(way, { context: 'Ein', continuations }, ways);
  expect(scored.continuations.map(({ tokenLogprobs }) => tokenLogprobs)).toEqual(
    continuations.map((each) => expectedLogprobs('Ein', each)),
  );
  expect(scored.retries).toBe(0);
});

it('takes no list for that of a place that the server does not tell', async () => {
  const { continuations } = await scoreAt('grammar', { context: 'Ein', continuations: ['Ö', 'a'] });
  expect(continuations[1]?.tokenLogprobs).toEqual(expectedLogprobs('Ein', 'a'));
});

it.each([
  [false, 'forced'],
  [true, 'forced-single'],
] as const)('finds the way that a server knows (before grammars of tokens: %s)', async (isOld, way) => {
  const found = await withServer({ isOld }, (target) =>
    probeLikelihood(target, { choice: 'auto', style: 'plain' }, signal),
  );
  expect(found).toMatchObject({ way });
});

it('says of a continuation that does not fit that the context is full', async () => {
  const long = { context: 'a'.repeat(50), continuations: [' fits', ` ${'b'.repeat(20)}`] };
  await expect(scoreAt('grammar', long)).rejects.toMatchObject({ reason: 'prompt_too_long' });
});

it('refuses what a server generates that does not keep to the grammar', async () => {
  await expect(scoreAt('grammar', sentences, { errs: true })).rejects.toThrow(
    /generated the tokens 33 115 .* where 32 114 .* were forced/,
  );
});

it('has texts tokenised singly where the mark between them is in one', async () => {
  const { continuations } = await scoreAt('grammar', sentences, {}, { bosToken: 'i' });
  expect(continuations[2]?.tokenLogprobs).toEqual(expectedLogprobs('The sun', ' is a ring'));
});

it('takes one of several same tokens for told only where it can be no other', () => {
  const told = (...ids: number[]) => ids.map((id, index) => ({ id, index }));
  const indexes = (tokens: number[], ids: number[]) => alignTold(tokens, told(...ids)).map((each) => each?.index);
  expect(indexes([7, 8, 9], [7, 9])).toEqual([0, undefined, 1]);
  expect(indexes([7, 7, 9], [7, 9])).toEqual([undefined, undefined, 1]);
  expect(indexes([7, 7, 9], [7, 7, 9])).toEqual([0, 1, 2]);
  expect(() => indexes([7, 8], [8, 7])).toThrow('the server generated the tokens 8 7 where 7 8 were forced');
});
