import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { GenerationResult, Prompt } from '../../core/engine.ts';
import { generateOne, type ServedTarget } from './generate-request.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerFacts } from './server-facts.ts';

const chat: Prompt = { style: 'chat', messages: [{ role: 'user', content: 'Why?' }] };

/**
 * One generation that wants its prompt, at a server that renders by this.
 *
 * @param apply gives the body for a request to `/apply-template`; undefined where the server knows no such path
 */
async function rendered(
  apply: ((body: { readonly messages: readonly object[] }) => string) | undefined,
  prompt: Prompt = chat,
): Promise<{ readonly result: GenerationResult; readonly paths: readonly string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      paths.push(request.url ?? '');
      if (request.url === '/apply-template') {
        response.writeHead(apply === undefined ? 404 : 200);
        response.end(apply?.(JSON.parse(body) as { messages: object[] }));
      } else {
        const choice = { message: { content: 'So.' }, text: 'So.', finish_reason: 'stop' };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ choices: [choice], usage: { prompt_tokens: 3, completion_tokens: 2 } }));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const retry = { retryMs: 100, backoffMs: 1, maxBackoffMs: 10_000 };
  const baseUrl = `http://127.0.0.1:${address.port}/v1`;
  await using connection = new ServerConnection({ baseUrl, apiKey: undefined, hangMs: 5000, retry });
  const facts = { flavour: 'llama-server', servedName: 'm' } as ServerFacts;
  const target: ServedTarget = { connection, facts, extra: {}, salt: () => '' };
  const request = { id: 'a', prompt, maxTokens: 4, stop: [], wantsPrompt: true };
  const turn = { place: 0, scheduledMs: 0, signal: new AbortController().signal };
  const result = await generateOne(target, request, { concurrency: 1, reuse: 'none' }, turn);
  server.close();
  if (result.status === 'failed') throw new Error(result.message);
  return { result, paths };
}

it('asks llama-server for the prompt that its template makes of the messages, after the answer', async () => {
  const { result, paths } = await rendered(({ messages }) =>
    JSON.stringify({ prompt: `<user>${JSON.stringify(messages)}` }),
  );
  expect(result).toMatchObject({ text: 'So.', renderedPrompt: '<user>[{"role":"user","content":"Why?"}]' });
  expect(paths).toEqual(['/v1/chat/completions', '/apply-template']);
});

it.each([
  ['knows no such path', undefined],
  ['says something else', () => 'not JSON'],
])('leaves the prompt unknown where the server %s', async (_, apply) => {
  expect((await rendered(apply)).result).not.toHaveProperty('renderedPrompt');
});

it('asks nothing for prompts without a template', async () => {
  const { result, paths } = await rendered(undefined, { style: 'plain', text: 'Once' });
  expect(result.renderedPrompt).toBe('Once');
  expect(paths).toEqual(['/v1/completions']);
});
