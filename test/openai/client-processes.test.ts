import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nowMs } from '../../src/core/clock.ts';
import type { Generation, LoadedModel, PassOptions } from '../../src/core/engine.ts';
import { EngineError, ServerError } from '../../src/core/errors.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { type NullServer, startNullServer } from '../../src/app/null-server/null-server.ts';
import { passOptions, plainRequest, streamOf } from '../conformance/engine-requests.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { type Fault, startProxy } from './misbehaving-proxy.ts';

/** Requests with which a model is opened. */
const probes = 3;

async function open(baseUrl: string, clientProcesses: number, key?: string): Promise<LoadedModel> {
  const engine = createOpenAiEngine({ environment: { OPENAI_API_KEY: key } });
  const engineOptions = { retrySeconds: 3, backoffSeconds: 0.01 };
  const spec = modelSpec({ name: 'm', engine: 'openai', source: baseUrl, engineOptions });
  return engine.open(spec, { clientProcesses, hangMs: 600_000 }, new AbortController().signal);
}

async function generate(
  model: LoadedModel,
  count: number,
  changes: Partial<PassOptions> = {},
  onFirst: () => void = () => undefined,
): Promise<Generation[]> {
  const requests = Array.from({ length: count }, (_, index) =>
    plainRequest(`r${index}`, `Question ${index}`, { maxTokens: 5 }),
  );
  const results: Generation[] = [];
  for await (const result of model.generate(streamOf(requests), passOptions({ concurrency: 8, ...changes }))) {
    if (results.push(result) === 1) onFirst();
  }
  return results;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('several client processes', () => {
  let server: NullServer | undefined;
  beforeAll(async () => {
    server = await startNullServer({ tokens: 64, firstTokenMs: 20, tokenMs: 2 });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  const baseUrl = (): string => server?.baseUrl ?? '';
  const behind = (faultOf: (n: number) => Fault): ReturnType<typeof startProxy> =>
    startProxy(baseUrl(), (n) => (n < probes ? { kind: 'pass' } : faultOf(n - probes)));

  it('answer every request once, with times on one clock', async () => {
    await using model = await open(baseUrl(), 3);
    expect(model.clients?.processIds).toHaveLength(3);
    const startedMs = nowMs();
    const results = await generate(model, 60, { isStreamed: true });
    const endedMs = nowMs();
    expect(new Set(results.map(({ id }) => id)).size).toBe(60);
    expect(results).toHaveLength(60);
    for (const result of results) {
      if (result.status === 'failed') throw new Error(result.message);
      const { scheduledMs, startedMs: sentMs, firstTokenMs = NaN, lastTokenMs } = result.times;
      expect(scheduledMs).toBeGreaterThanOrEqual(startedMs);
      expect(sentMs).toBeGreaterThanOrEqual(scheduledMs);
      expect(firstTokenMs).toBeGreaterThan(sentMs);
      expect(lastTokenMs).toBeGreaterThan(firstTokenMs);
      expect(lastTokenMs).toBeLessThanOrEqual(endedMs);
    }
  });

  it('share the work, and each says what it took', async () => {
    await using model = await open(baseUrl(), 2);
    const watch = model.clients?.watch();
    await generate(model, 40);
    const windows = (await watch?.stop()) ?? [];
    expect(windows).toHaveLength(2);
    for (const { cpuMs, eventLoopDelayP99Ms } of windows) {
      expect(cpuMs).toBeGreaterThan(0);
      expect(eventLoopDelayP99Ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('end with the model', async () => {
    const model = await open(baseUrl(), 2);
    const pids = model.clients?.processIds ?? [];
    expect(pids.map(isAlive)).toEqual([true, true]);
    await model[Symbol.asyncDispose]();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('stop what is in flight when the pass is aborted', async () => {
    const abort = new AbortController();
    await using proxy = await behind((n) => {
      if (n < 20) return { kind: 'pass' };
      abort.abort();
      return { kind: 'hang' };
    });
    await using model = await open(proxy.baseUrl, 2);
    // What hangs would be waited for longer than a test may take.
    expect((await generate(model, 100, { signal: abort.signal })).length).toBeLessThanOrEqual(20);
  });

  it('try again what can pass, and say so', async () => {
    await using proxy = await behind((n) => (n % 5 === 0 ? { kind: 'reset' } : { kind: 'pass' }));
    await using model = await open(proxy.baseUrl, 2);
    const results = await generate(model, 20);
    expect(results.filter(({ status }) => status === 'done')).toHaveLength(20);
    expect(results.some((result) => result.status === 'done' && (result.retries ?? 0) > 0)).toBe(true);
  });

  it('hand on why a server refuses, with the hint and without the key', async () => {
    await using proxy = await behind(() => ({ kind: 'status', status: 401, body: 'bad key sk-hidden' }));
    await using model = await open(proxy.baseUrl, 2, 'sk-hidden');
    const error: unknown = await generate(model, 4).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ServerError);
    if (!(error instanceof ServerError)) return;
    expect([error.at.statusCode, error.at.url.startsWith(proxy.baseUrl)]).toEqual([401, true]);
    expect(error.message).not.toContain('sk-hidden');
    expect(error.hint).toMatch(/OPENAI_API_KEY/);
  });

  it('fail the pass when one is killed', async () => {
    await using model = await open(baseUrl(), 2);
    const [pid = 0] = model.clients?.processIds ?? [];
    const error: unknown = await generate(model, 10_000, {}, () => process.kill(pid, 'SIGKILL')).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toContain('a client process was killed by SIGKILL');
  });
});
