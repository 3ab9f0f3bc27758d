import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { GenerationResult } from '../../core/engine.ts';
import { generateOne, type ServedTarget } from './generate-request.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerFacts } from './server-facts.ts';

const signal = new AbortController().signal;
const gapMs = 40;

/** One generation from a server that streams these choices, one every `gapMs`, and then the count of tokens. */
async function streamed(choices: readonly object[], tokens: number): Promise<GenerationResult> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (event: object): boolean => response.write(`data: ${JSON.stringify(event)}\n\n`);
    void (async () => {
      for (const choice of choices) {
        await sleep(gapMs);
        say({ choices: [choice] });
      }
      await sleep(gapMs);
      say({ choices: [], usage: { prompt_tokens: 3, completion_tokens: tokens } });
      response.end('data: [DONE]\n\n');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const baseUrl = `http://127.0.0.1:${address.port}/v1`;
  const retry = { retryMs: 100, backoffMs: 1 };
  await using connection = new ServerConnection({ baseUrl, apiKey: undefined, hangMs: 5000, retry });
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

/** Gaps between tokens, as a test can tell them on a busy machine. */
const gaps = ({ times }: GenerationResult): number => Math.round((times.lastTokenMs - times.firstTokenMs) / gapMs);

it('takes the end of an answer for its last token, which is how servers count', async () => {
  const four = await streamed([says('a'), says('b'), says('c'), says('d'), end], 5);
  expect([four.text, four.outputTokens, gaps(four)]).toEqual(['abcd', 5, 4]);
  const one = await streamed([says('a'), end], 2);
  expect([one.text, one.outputTokens, gaps(one)]).toEqual(['a', 2, 1]);
});

it('has an answer of nothing but its end when that comes', async () => {
  const none = await streamed([end], 1);
  expect([none.text, none.outputTokens, gaps(none)]).toEqual(['', 1, 0]);
  expect(none.times.isWhole).toBeUndefined();
});

it.each(['reasoning_content', 'reasoning'])(
  'times the tokens of %s, and leaves them out of the answer',
  async (name) => {
    const thinks = { delta: { content: null, [name]: 'Hm' } };
    const first = { delta: { role: 'assistant', content: '' } };
    const result = await streamed([first, thinks, thinks, thinks, says('b'), end], 5);
    expect([result.text, result.finishReason, gaps(result)]).toEqual(['b', 'stop', 4]);
    const { startedMs, firstTokenMs } = result.times;
    expect(Math.floor((firstTokenMs - startedMs) / gapMs)).toBe(2);
  },
);

it('says that an answer was cut whose limit fell into the thinking', async () => {
  const thinks = { delta: { reasoning_content: 'Hm' } };
  const result = await streamed([thinks, { ...thinks, finish_reason: 'length' }], 2);
  expect([result.text, result.finishReason]).toEqual(['', 'length']);
});
