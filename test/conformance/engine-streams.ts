import { expect, it } from 'vitest';
import { nowMs } from '../../src/core/clock.ts';
import type {
  GenerateRequest,
  Generation,
  LoadedModel,
  Loglikelihood,
  LoglikelihoodRequest,
  WorkInFlight,
} from '../../src/core/engine.ts';
import {
  collect,
  generateAll,
  passOptions,
  plainRequest,
  prompts,
  streamOf,
  type EngineConformanceOptions,
} from './engine-requests.ts';

export function testStreams(model: () => LoadedModel, skips: EngineConformanceOptions['skips'] = {}): void {
  it('ends at once on an empty stream', async () => {
    expect(await collect(model().generate(streamOf<GenerateRequest>([]), passOptions()))).toEqual([]);
    expect(await collect(model().loglikelihood(streamOf<LoglikelihoodRequest>([]), passOptions()))).toEqual([]);
  });

  it('counts tokens and keeps times in order', async () => {
    const requests = prompts.map((text, index) => plainRequest(`p${index}`, text));
    const startMs = nowMs();
    const results = await generateAll(model(), requests, { concurrency: 2 });
    const endMs = nowMs();
    for (const { times, promptTokens, promptHead, reusedTokens, promptSha256 } of results.values()) {
      const inOrder = [
        startMs,
        times.scheduledMs,
        times.startedMs,
        times.firstTokenMs ?? times.lastTokenMs,
        times.lastTokenMs,
        endMs,
      ];
      expect(inOrder).toEqual(inOrder.toSorted((left, right) => left - right));
      expect(promptHead).toHaveLength(skips['prompt tokens'] === undefined ? Math.min(32, promptTokens) : 0);
      expect(reusedTokens).toBe(0);
      expect(promptSha256).toMatch(/^[0-9a-f]{64}$/);
    }
    const text = `${prompts[2]} had`;
    const longer = (await generateAll(model(), [plainRequest('a', text)])).get('a');
    expect(longer?.promptTokens).toBeGreaterThan(results.get('p2')?.promptTokens ?? Infinity);
  });

  it('ends early, without an error, when it is aborted', async () => {
    const abort = new AbortController();
    async function* endless(): AsyncGenerator<GenerateRequest> {
      for (let index = 0; ; index += 1) yield plainRequest(`r${index}`, prompts[index % prompts.length] ?? '');
    }
    const results: Generation[] = [];
    for await (const result of model().generate(endless(), passOptions({ signal: abort.signal }))) {
      results.push(result);
      if (results.length === 3) abort.abort();
    }
    expect(results.length).toBeGreaterThanOrEqual(3);
    // The model is free for the next pass, and nothing of the last one comes back.
    const next = await generateAll(model(), [plainRequest('next', prompts[0] ?? '')]);
    expect([...next.keys()]).toEqual(['next']);
  });

  it('ends when it is aborted while it waits for a request', async () => {
    const abort = new AbortController();
    async function* silent(): AsyncGenerator<GenerateRequest> {
      // By then the engine waits.
      setImmediate(() => abort.abort());
      await new Promise(() => undefined);
      yield plainRequest('never', '');
    }
    expect(await collect(model().generate(silent(), passOptions({ signal: abort.signal })))).toEqual([]);
  });

  it('stops when the caller leaves early', async () => {
    const requests = prompts.map((text, index) => plainRequest(`p${index}`, text));
    for await (const result of model().generate(streamOf(requests), passOptions())) {
      expect(result.status).toBe('done');
      break;
    }
    expect((await generateAll(model(), requests)).size).toBe(requests.length);
  });

  it('says what it works on: never more requests than it may, and none at the end', async () => {
    const requests = prompts.map((text, index) => plainRequest(`p${index}`, text));
    const told: WorkInFlight[] = [];
    await generateAll(model(), requests, { concurrency: 2, onWork: (work) => told.push(work) });
    expect(told.some((work) => work.requests > 0)).toBe(true);
    expect(Math.max(...told.map((work) => work.requests))).toBeLessThanOrEqual(2);
    expect(told.at(-1)).toMatchObject({ requests: 0 });
  });

  it('passes on what the stream of requests throws', async () => {
    async function* broken(): AsyncGenerator<GenerateRequest> {
      yield plainRequest('a', prompts[0] ?? '');
      throw new RangeError('a broken row');
    }
    await expect(collect(model().generate(broken(), passOptions()))).rejects.toThrow('a broken row');
  });
}

export function testLimits(model: () => LoadedModel, skips: EngineConformanceOptions['skips'] = {}): void {
  it('refuses a prompt that does not fit, and cuts nothing', async (context) => {
    const { 'long prompt': reason } = skips;
    if (reason !== undefined) context.skip(reason);
    const long = 'word '.repeat(model().info.contextTokens);
    const requests = [plainRequest('long', long), plainRequest('short', prompts[0] ?? '')];
    const results = await collect(model().generate(streamOf(requests), passOptions()));
    const byId = new Map(results.map((result) => [result.id, result]));
    expect(byId.get('long')).toMatchObject({ status: 'failed', reason: 'prompt_too_long' });
    expect(byId.get('long')?.promptTokens).toBeGreaterThan(model().info.contextTokens - 1);
    expect(byId.get('short')).toMatchObject({ status: 'done' });
    const scores = [{ id: 'long', context: long, continuations: [' a'] }];
    const scored: Loglikelihood[] = await collect(model().loglikelihood(streamOf(scores), passOptions()));
    expect(scored).toMatchObject([{ id: 'long', status: 'failed', reason: 'prompt_too_long' }]);
  });

  it('reads its memory, and starts a new peak', async () => {
    await generateAll(model(), [plainRequest('a', prompts[0] ?? '')]);
    await model().resetMemoryPeak();
    const reading = await model().memory();
    expect(reading.nowBytes).toBeGreaterThan(0);
    expect(reading.peakBytes).toBeGreaterThanOrEqual(reading.nowBytes * 0.9);
    const { weightsBytes = 0, kvBytes = 0, computeBytes = 0, overheadBytes = 0 } = reading.split ?? {};
    for (const bytes of [weightsBytes, kvBytes, computeBytes, overheadBytes]) expect(bytes).toBeGreaterThanOrEqual(0);
  });
}
