import { createServer, type IncomingMessage } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../../test/setup/listen-on-loopback.ts';
import type { ServerWindow } from '../../core/meter.ts';
import type { ServerFlavour } from './server-facts.ts';
import { watchServer } from './server-watch.ts';

interface Watched {
  readonly window: ServerWindow | undefined;
  readonly asked: readonly IncomingMessage[];
}

/** @param answer undefined: the connection is cut */
async function watch(answer: string | undefined, flavour: ServerFlavour, path = '/v1'): Promise<Watched> {
  const asked: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming);
    if (answer === undefined) incoming.destroy();
    else response.end(answer);
  });
  const baseUrl = `http://127.0.0.1:${await listenOnLoopback(server)}${path}`;
  const headers = { 'X-Gateway': 'word' };
  const watched = watchServer({ baseUrl, query: '?version=1', apiKey: 'sk-own', headers }, flavour);
  onTestFinished(watched.close);
  const window = await watched.watch?.();
  return { window: await window?.stop(), asked };
}

it('a running server is asked for metrics at its root, as it is asked for everything else', async () => {
  const { window, asked } = await watch('vllm:num_requests_running 3\n', 'vllm', '/deep/v1');
  expect(window).toMatchObject({ scrapes: 2, failedScrapes: 0, runningMax: 3 });
  expect(asked.map(({ url }) => url)).toEqual(['/deep/metrics?version=1', '/deep/metrics?version=1']);
  expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer sk-own', 'x-gateway': 'word' });
});

it('no pass fails because its server does not answer for itself', async () => {
  const { window } = await watch(undefined, 'sglang');
  expect(window).toMatchObject({ scrapes: 0, failedScrapes: 2, gap: expect.stringContaining('--enable-metrics') });
});

it.each(['ollama', 'unknown'] as const)('%s, which has no metrics, is not asked', async (flavour) => {
  const { window, asked } = await watch('', flavour);
  expect({ window, asked }).toEqual({ window: undefined, asked: [] });
});
