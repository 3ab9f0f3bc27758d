import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { GenerationResult } from '../../core/engine.ts';
import { generateOne, type ServedTarget } from './generate-request.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerFacts } from './server-facts.ts';

const signal = new AbortController().signal;
/** Longest wait for a client that does nothing with an event. */
const unseenMs = 1_000;

/**
 * One generation from a server that streams these choices one by one, and then the count of tokens. The clock stands at
 * the number of the last choice that was sent; the next one waits until the client has looked at it.
 */
async function streamed(choices: readonly object[], tokens: number): Promise<GenerationResult> {
  let sent = 0;
  let seen = Promise.withResolvers<void>();
  const now = (): number => {
    seen.resolve();
    return sent;
  };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = async (event: object): Promise<void> => {
      sent += 1;
      seen = Promise.withResolvers();
      response.write(`data: ${JSON.stringify(event)}\n\n`);
      await Promise.race([seen.promise, sleep(unseenMs)]);
    };
    void (async () => {
      for (const choice of choices) await say({ choices: [choice] });
      void say({ choices: [], usage: { prompt_tokens: 3, completion_tokens: tokens } });
      response.end('data: [DONE]\n\n');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const baseUrl = `http://127.0.0.1:${address.port}/v1`;
  const retry = { retryMs: 100, backoffMs: 1, maxBackoffMs: 10_000 };
  await using connection = new ServerConnection({ baseUrl, apiKey: undefined, hangMs: 5000, retry, now });
  const facts = { flavour: 'unknown', servedName: 'm' } as ServerFacts;
  const target: ServedTarget = { connection, facts, extra: {}, salt: () => '' };
  const prompt = { style: 'chat', messages: [{ role: 'user', content: 'Why?' }] } as const;
  const request = { id: 'a', prompt, maxTokens: tokens, stop: [] };
  const pass = { concurrency: 1, reuse: 'none', isStreamed: true } as const;
  const result = await generateOne(target, request, pass, { place: 0, scheduledMs: connection.now(), signal });
  server.close();
  if (result.status === 'failed') throw new Error(result.message);
  return result;
}

const says = (content: string): object => ({ delta: { content } });
const end = { delta: {}, finish_reason: 'stop' };

/** The numbers of the choices that were taken for the first and the last token. */
const ends = ({ times }: GenerationResult): readonly unknown[] => [times.firstTokenMs, times.lastTokenMs];

it('takes the end of an answer for its last token, which is how servers count', async () => {
  const four = await streamed([says('a'), says('b'), says('c'), says('d'), end], 5);
  expect([four.text, four.outputTokens, ...ends(four)]).toEqual(['abcd', 5, 1, 5]);
  const one = await streamed([says('a'), end], 2);
  expect([one.text, one.outputTokens, ...ends(one)]).toEqual(['a', 2, 1, 2]);
});

it('has an answer of nothing but its end when that comes', async () => {
  const none = await streamed([end], 1);
  expect([none.text, none.outputTokens, ...ends(none)]).toEqual(['', 1, 1, 1]);
  expect(none.times.firstTokenMs).toBeDefined();
});

it.each(['reasoning_content', 'reasoning'])(
  'times the tokens of %s, and leaves them out of the answer',
  async (name) => {
    const thinks = { delta: { content: null, [name]: 'Hm' } };
    const first = { delta: { role: 'assistant', content: '' } };
    const result = await streamed([first, thinks, thinks, thinks, says('b'), end], 5);
    expect([result.text, result.finishReason, ...ends(result)]).toEqual(['b', 'stop', 2, 6]);
  },
);

it('says that an answer never came whose limit fell into the thinking', async () => {
  const thinks = { delta: { reasoning_content: 'Hm' } };
  const result = await streamed([thinks, { ...thinks, finish_reason: 'length' }], 2);
  expect([result.text, result.finishReason]).toEqual(['', 'budget_cut']);
});
