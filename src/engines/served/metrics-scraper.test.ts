import { expect, it } from 'vitest';
import type { ServerWindow } from '../../core/meter.ts';
import { createMetricsScraper } from './metrics-scraper.ts';
import type { ServerFlavour } from './server-facts.ts';

/** What a window says of a server whose pages come one after the other: one at the start, one at the end. */
async function watch(pages: readonly (string | undefined)[], flavour: ServerFlavour = 'vllm'): Promise<ServerWindow> {
  const left = [...pages];
  const scraper = createMetricsScraper({ read: async () => left.shift(), flavour });
  const window = await scraper.start();
  return window.stop();
}

const page = (tokens: number, more = ''): string => `vllm:generation_tokens_total ${tokens}\n${more}`;

it('what grew in a window is told, and the highest of what goes up and down', async () => {
  const pages = [page(10, 'vllm:num_requests_running 9'), page(25, 'vllm:num_requests_running 2')];
  expect(await watch(pages)).toMatchObject({
    scrapes: 2,
    failedScrapes: 0,
    outputTokens: 15,
    runningMax: 9,
    gap: undefined,
  });
});

it('a server that was started again has no counts for the window, and says why', async () => {
  const window = await watch([page(10, 'vllm:num_requests_running 9'), page(3)]);
  expect(window).toMatchObject({ runningMax: 9, outputTokens: undefined, times: undefined });
  expect(window.gap).toBe('the server was started again meanwhile, and began to count anew');
});

it.each([
  ['start', [undefined, page(10, 'vllm:num_requests_running 9')]],
  ['end', [page(10, 'vllm:num_requests_running 9'), undefined, undefined]],
] as const)('a look that failed at the %s leaves counts unknown, and says so', async (missed, pages) => {
  const window = await watch(pages);
  expect(window).toMatchObject({ scrapes: 1, failedScrapes: pages.length - 1, runningMax: 9, outputTokens: undefined });
  expect(window.gap).toBe(`the server told no metrics at the ${missed}, so what it counted is unknown`);
});

it('the last look is tried again', async () => {
  expect(await watch([page(10), undefined, page(25)])).toMatchObject({
    failedScrapes: 1,
    outputTokens: 15,
    gap: undefined,
  });
});

it.each([
  ['vllm', 'process_cpu_seconds_total 3', 2, /told no metrics; vLLM tells them unless .*--disable-log-stats/],
  ['sglang', undefined, 0, /SGLang tells them if it was started with --enable-metrics/],
  ['llama-server', undefined, 0, /llama-server tells them if it was started with --metrics/],
  ['unknown', undefined, 0, /^the server told no metrics$/],
] as const)('%s that tells none says what turns them on', async (flavour, text, scrapes, said) => {
  const window = await watch([text, text], flavour);
  expect(window).toMatchObject({ scrapes, failedScrapes: 2 - scrapes, outputTokens: undefined });
  expect(window.gap).toMatch(said);
});

it('a counter that is printed too coarsely is unknown, and why is said', async () => {
  const told = (tokens: string): string => `llamacpp:prompt_tokens_total ${tokens}\n`;
  const window = await watch([told('1.23457e+07'), told('1.23458e+07')], 'llama-server');
  expect(window).toMatchObject({ promptTokens: undefined, gap: expect.stringContaining('6 digits') });
});

it('a share that is told only at each moment is the mean of those at which there was work', async () => {
  const told = (running: number, rate: number): string =>
    `sglang:num_running_reqs ${running}\nsglang:spec_accept_rate ${rate}\n`;
  expect((await watch([told(4, 0.6), told(2, 0.8)], 'sglang')).acceptance).toBeCloseTo(0.7);
  expect((await watch([told(4, 0.6), told(0, 0.8)], 'sglang')).acceptance).toBe(0.6);
  expect((await watch([told(4, 0), told(4, 0)], 'sglang')).acceptance).toBeUndefined();
});
