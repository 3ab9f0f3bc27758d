import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { clockOffsetMs } from '../../core/clock.ts';
import { openRequestClient } from './request-client.ts';
import type { ServerFacts } from './server-facts.ts';
import type { TokenScorerName } from './token-scorers.ts';

const signal = new AbortController().signal;
const tokenizeMs = 20;

interface Body {
  readonly prompt: string | readonly number[];
  readonly content: string | readonly (string | number)[];
  readonly grammar?: string;
  readonly logit_bias?: readonly (readonly [number, number])[];
}

/** Tokens are characters; all are as likely. */
const codes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

function answer(path: string, { prompt, content, grammar, logit_bias: bias }: Body): object {
  if (path === '/tokenize') {
    const parts = [content ?? prompt].flat();
    const tokens = parts.flatMap((part) => (typeof part === 'number' ? [part] : codes(part)));
    return { tokens: content === undefined ? tokens : tokens.map((id) => ({ id, piece: String.fromCharCode(id) })) };
  }
  if (path === '/completion') {
    const forced = grammar?.match(/\d+/g)?.map(Number) ?? [bias?.[0]?.[0]];
    const said = forced.map((id) => ({ id, logprob: -1, top_logprobs: [{ id, logprob: -1 }] }));
    return { completion_probabilities: said, timings: { cache_n: 0, prompt_n: 1, predicted_n: said.length } };
  }
  const tokens = typeof prompt === 'string' ? codes(prompt) : prompt;
  const entries = tokens.map((token, at) => (at === 0 ? null : { [token]: { logprob: -1 } }));
  const logprobs = {
    tokens: tokens.map((token) => String.fromCharCode(token)),
    token_logprobs: tokens.map((_, at) => (at === 0 ? null : -1)),
    text_offset: tokens.map((_, at) => at),
  };
  return { choices: [{ text: '', logprobs, prompt_logprobs: entries }] };
}

type Refuse = (number: number, body: Body) => number | undefined;

/** Scores one request at a server that refuses some exchanges, which are numbered from 0, with a status. */
async function scoreAt(way: TokenScorerName, facts: Partial<ServerFacts>, refuse: Refuse) {
  let asked = 0;
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then(async (chunks) => {
      asked += 1;
      const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Body;
      const status = refuse(asked - 1, body);
      if (status !== undefined) return response.writeHead(status).end('{}');
      const path = request.url ?? '';
      if (path === '/tokenize') await sleep(tokenizeMs);
      return response.end(JSON.stringify(answer(path, body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await using client = openRequestClient({
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    apiKey: undefined,
    hangMs: 5000,
    clockOffsetMs,
    retry: { retryMs: 3000, backoffMs: 1, maxBackoffMs: 10_000 },
    facts: { servedName: 'm', ...facts } as ServerFacts,
    extra: {},
    saltPrefix: '',
    scorer: way,
    thinking: undefined,
    schemaWay: undefined,
  });
  const request = { id: 'a', context: 'Sun', continuations: [' up', ' at', ' it', ' on'] };
  const turn = { place: 0, scheduledMs: 0, signal };
  const result = await client.score(request, { concurrency: 1, reuse: 'none' }, turn);
  server.close();
  return { result, asked };
}

/** The score from a server that has no room for the exchanges whose numbers are given. */
async function scoredAt(way: TokenScorerName, facts: Partial<ServerFacts>, refused: readonly number[]) {
  const { result, asked } = await scoreAt(way, facts, (number) => (refused.includes(number) ? 503 : undefined));
  if (result.status === 'failed') throw new Error(result.message);
  return { ...result, asked };
}

it.each([
  // A context and four continuations as tokens, and the values of four prompts.
  ['vllm-single', {}, 9, [0, 2, 7]],
  ['echo-single', {}, 4, [0, 2]],
  // The mark before texts, what stands around them, the five texts at once, and the four continuations.
  ['forced', { bosToken: '^' }, 3 + 1 + 4, [0, 3, 6]],
  // Or each of their tokens: four of two after the space that all share.
  ['forced-single', { bosToken: '^' }, 3 + 1 + 9, [0, 3, 12]],
] as const)('says of %s how many exchanges and retries it took', async (way, facts, exchanges, refused) => {
  const calm = await scoredAt(way, facts, []);
  expect(calm).toMatchObject({ exchanges, asked: exchanges });
  expect(calm.retries).toBe(0);
  const late = await scoredAt(way, facts, refused);
  expect(late).toMatchObject({ exchanges: exchanges + refused.length, retries: refused.length });
  expect(late.asked).toBe(late.exchanges);
  expect(late.continuations).toEqual(calm.continuations);
});

it.each([
  ['vllm-single', 5],
  ['forced', 3],
] as const)('counts the time of tokenising as the request of %s being asked', async (way, texts) => {
  const { times } = await scoredAt(way, {}, []);
  const { firstTokenMs = NaN } = times;
  expect(firstTokenMs - times.startedMs).toBeGreaterThan(texts * tokenizeMs - 5);
  expect(times.lastTokenMs).toBeGreaterThanOrEqual(firstTokenMs);
});

it('fails a request alone at which the server breaks, where no other is asked', async () => {
  const { result } = await scoreAt('vllm-single', {}, (_, { prompt }) => (prompt === 'Sun it' ? 500 : undefined));
  expect(result).toMatchObject({ status: 'failed', reason: 'engine', message: 'HTTP 500: {}, after 6 tries' });
});
