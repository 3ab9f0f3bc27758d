import { createServer, type IncomingMessage } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../../test/setup/listen-on-loopback.ts';
import type { ServerWindow } from '../../core/meter.ts';
import { askServer } from './ask-server.ts';
import { metricsTimeoutMs } from './metrics-scraper.ts';
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

const drip = createServer((_, response) => {
  response.write('vllm:num_requests_running 3\n');
  const timer = setInterval(() => response.write('# more\n'), 300);
  response.on('close', () => clearInterval(timer));
});

it('a page that never ends is given up in time, of servers that run already and of those that perbench starts', async () => {
  const origin = `http://127.0.0.1:${await listenOnLoopback(drip)}`;
  const watched = watchServer({ baseUrl: `${origin}/v1`, apiKey: undefined }, 'vllm');
  onTestFinished(watched.close);
  const startedMs = performance.now();
  const [window, own] = await Promise.all([watched.watch?.(), askServer(`${origin}/metrics`, undefined, 1000)]);
  expect(performance.now() - startedMs).toBeLessThan(3 * metricsTimeoutMs);
  expect(await window?.stop()).toMatchObject({ scrapes: 0, outputTokens: undefined });
  expect(own).toBeUndefined();
});

it.each(['ollama', 'unknown'] as const)('%s, which has no metrics, is not asked', async (flavour) => {
  const { window, asked } = await watch('', flavour);
  expect({ window, asked }).toEqual({ window: undefined, asked: [] });
});
