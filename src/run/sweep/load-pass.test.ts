import { expect, it } from 'vitest';
import { quietHost } from '../../../test/setup/quiet-host.ts';
import type { GenerationResult, LoadedModel } from '../../core/engine.ts';
import { runLoadPass } from './load-pass.ts';

const places = 4;
const load = { promptTokens: 10, outputTokens: 3, concurrency: places };

/** A model with places for four: each request takes 100 ms, but the first ones wait for each other; two tokens were cached. */
function simulated(): LoadedModel {
  return {
    info: { promptStyle: 'plain', processIds: [] },
    capabilities: { usage: true, isTimedByClient: false },
    clients: undefined,
    watch: undefined,
    async *generate(requests: Parameters<LoadedModel['generate']>[0]) {
      const free = [0, 0, 0, 0];
      let count = 0;
      for await (const { id, ignoresEnd, stop } of requests) {
        expect({ ignoresEnd, stop }).toEqual({ ignoresEnd: true, stop: [] });
        const place = free.indexOf(Math.min(...free));
        const startedMs = free[place] ?? 0;
        const firstTokenMs = startedMs + (count < places ? 900 + 25 * count : 80);
        const lastTokenMs = firstTokenMs + 20;
        free[place] = lastTokenMs;
        count += 1;
        yield {
          id,
          status: 'done',
          promptTokens: 10,
          reusedTokens: 2,
          outputTokens: 3,
          retries: 0,
          times: { scheduledMs: startedMs, startedMs, firstTokenMs, lastTokenMs },
        } as GenerationResult;
      }
    },
  } as unknown as LoadedModel;
}

it('counts the requests of the steady part, and of their prompts what was processed', async () => {
  const result = await runLoadPass(
    {
      model: simulated(),
      meter: { start: async () => ({ stop: async () => quietHost }) },
      launch: 0,
      ceiling: undefined,
      framesDrawn: () => 0,
      onProgress: () => undefined,
    },
    {
      load,
      nextPrompt: () => 'a b c',
      windowMs: 1,
      rounds: 3,
      minRequests: 80,
      signal: new AbortController().signal,
    },
  );
  const { latencies, window, promptTokens, reusedTokens, requests } = result;
  expect(requests).toBeGreaterThanOrEqual(80);
  expect({ promptTokens, reusedTokens }).toEqual({ promptTokens: 10 * requests, reusedTokens: 2 * requests });
  // None of the first round, which started all at once.
  expect(new Set(latencies?.timeToFirstTokenMs.map((ms) => Math.round(ms ?? 0)))).toEqual(new Set([80]));
  expect(latencies?.endToEndMs.length).toBeGreaterThan(60);
  expect(latencies?.endToEndMs.length).toBeLessThan(requests - places + 1);
  expect(new Set(latencies?.promptTokens)).toEqual(new Set([8]));
  const { items = 0, durationMs = 1, achievedConcurrency } = window ?? {};
  expect((window?.promptTokens ?? 0) / items).toBeCloseTo(8, 9);
  // Four places with 100 ms each: 40 requests a second.
  expect((1000 * items) / durationMs).toBeCloseTo(40, 6);
  expect(achievedConcurrency).toBeCloseTo(4, 6);
});
