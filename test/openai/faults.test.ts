import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Generation, GenerationResult, LoadedModel } from '../../src/core/engine.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { type NullServer, startNullServer } from '../../src/app/null-server/null-server.ts';
import { passOptions, plainRequest, streamOf } from '../conformance/engine-requests.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { type Fault, type MisbehavingProxy, startProxy } from './misbehaving-proxy.ts';

const never = new AbortController().signal;
const pass: Fault = { kind: 'pass' };
/** Requests with which a model is opened: one with every field, one generation, and one to see whether there are log-probabilities. */
const probes = 3;

/** A hang time that a test can wait for, and a loaded machine doesn't reach between two bytes. */
const brief = 1_000;

const engineOptions = { retrySeconds: 3, backoffSeconds: 0.01 };

async function open(
  baseUrl: string,
  changes: { readonly hangMs?: number; readonly key?: string; readonly options?: object } = {},
): Promise<LoadedModel> {
  const engine = createOpenAiEngine({ environment: { OPENAI_API_KEY: changes.key } });
  const spec = modelSpec({
    name: 'm',
    engine: 'openai',
    source: baseUrl,
    engineOptions: { ...engineOptions, ...changes.options },
  });
  return engine.open(spec, { hangMs: changes.hangMs ?? 20_000 }, never);
}

async function generate(model: LoadedModel, count: number, concurrency = 4, isStreamed = false): Promise<Generation[]> {
  const requests = Array.from({ length: count }, (_, index) =>
    plainRequest(`r${index}`, `Question ${index}`, { maxTokens: 5 }),
  );
  return Array.fromAsync(model.generate(streamOf(requests), passOptions({ concurrency, isStreamed })));
}

/** Every request answered, once, right. */
function expectAll(results: readonly Generation[], count: number): readonly GenerationResult[] {
  expect(results.map(({ id }) => id).toSorted()).toEqual(
    Array.from({ length: count }, (_, index) => `r${index}`).toSorted(),
  );
  const done = results.filter((result) => result.status === 'done');
  expect(done).toHaveLength(count);
  for (const { text, outputTokens } of done) expect([text, outputTokens]).toEqual([' word word word word word', 5]);
  return done;
}

describe('a server that misbehaves', () => {
  let server: NullServer | undefined;
  beforeAll(async () => {
    server = await startNullServer({ tokens: 64, firstTokenMs: 0, tokenMs: 0 });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  async function behind(faultOf: (n: number) => Fault): Promise<MisbehavingProxy> {
    return startProxy(server?.baseUrl ?? '', (n) => (n < probes ? pass : faultOf(n - probes)));
  }

  const passing: readonly (readonly [string, Fault])[] = [
    ['429 with Retry-After', { kind: 'status', status: 429, headers: { 'retry-after': '0.05' } }],
    [
      '429 with a date to retry after',
      { kind: 'status', status: 429, headers: { 'retry-after': new Date(0).toUTCString() } },
    ],
    ['429 without Retry-After', { kind: 'status', status: 429 }],
    ['500', { kind: 'status', status: 500 }],
    [
      '502 with a page',
      { kind: 'status', status: 502, body: '<html>Bad Gateway</html>', headers: { 'content-type': 'text/html' } },
    ],
    ['a reset', { kind: 'reset' }],
    ['a reset in mid-answer', { kind: 'cut', bytes: 40 }],
    ['half a JSON', { kind: 'half' }],
    ['an empty answer with 200', { kind: 'answer', body: '', type: 'application/json' }],
  ];

  it.each(passing)('is asked again after %s, and nothing is lost or counted twice', async (_, fault) => {
    let faults = 0;
    await using proxy = await behind((n) => {
      if (n % 5 !== 1 || n >= 12) return pass;
      faults += 1;
      return fault;
    });
    await using model = await open(proxy.baseUrl);
    const done = expectAll(await generate(model, 12), 12);
    expect(faults).toBe(3);
    expect(proxy.asked() - probes).toBe(12 + faults);
    // A reset may take a connection along on which nothing had been asked yet.
    expect(done.reduce((sum, { retries }) => sum + retries, 0)).toBeGreaterThanOrEqual(faults);
  });

  const broken: readonly (readonly [string, Fault])[] = [
    ['cut in the middle', { kind: 'cut', bytes: 300 }],
    ['empty, with status 200', { kind: 'answer', body: '', type: 'text/event-stream' }],
    ['half', { kind: 'half' }],
  ];

  it.each(broken)('is asked again for a stream that is %s', async (_, fault) => {
    await using proxy = await behind((n) => (n === 2 ? fault : pass));
    await using model = await open(proxy.baseUrl);
    const done = expectAll(await generate(model, 6, 1, true), 6);
    expect(done.map(({ retries }) => retries)).toEqual([0, 0, 1, 0, 0, 0]);
  });

  it('keeps to Retry-After', async () => {
    await using proxy = await behind((n) =>
      n === 0 ? { kind: 'status', status: 429, headers: { 'retry-after': '0.3' } } : pass,
    );
    await using model = await open(proxy.baseUrl);
    const [result] = expectAll(await generate(model, 1, 1), 1);
    const { scheduledMs = 0, startedMs = 0 } = result?.times ?? {};
    // Scheduled when it was first due; started when the try began that was answered.
    expect(startedMs - scheduledMs).toBeGreaterThan(290);
  });

  it('takes JSON whatever it is called, and a whole answer where a stream was asked', async () => {
    await using proxy = await behind((n) => (n === 0 ? { kind: 'type', type: 'text/plain' } : pass));
    await using model = await open(proxy.baseUrl);
    const done = expectAll(await generate(model, 2, 1), 2);
    expect(done.every(({ retries }) => retries === 0)).toBe(true);
    const whole = JSON.stringify({
      choices: [{ text: ' word word word word word', finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 5 },
    });
    await using other = await behind(() => ({ kind: 'answer', body: whole, type: 'application/json' }));
    await using second = await open(other.baseUrl);
    const [result] = expectAll(await generate(second, 1, 1, true), 1);
    expect(result?.times.firstTokenMs).toBeUndefined();
  });

  it('gets one clear error for HTML', async () => {
    const page: Fault = { kind: 'answer', body: '<html><title>Log in</title></html>', type: 'text/html' };
    await using proxy = await behind((n) => (n >= 3 ? page : pass));
    await using model = await open(proxy.baseUrl);
    await expect(generate(model, 40)).rejects.toThrow(/\/v1\/completions: expected JSON, got text\/html: .*Log in/);
    expect(proxy.asked()).toBeLessThan(probes + 16);
  });

  const once: readonly (readonly [string, Fault, RegExp])[] = [
    [
      'a page',
      { kind: 'answer', body: '<html>Log in</html>', type: 'text/html' },
      /^expected JSON, got text\/html: Log in$/,
    ],
    ['404', { kind: 'status', status: 404 }, /^HTTP 404: out of order$/],
    ['403', { kind: 'status', status: 403, body: 'blocked' }, /^the server refuses the key \(HTTP 403: blocked\)$/],
    [
      'other JSON',
      { kind: 'answer', body: '{"id":1}', type: 'application/json' },
      /without a choice or a message: \{"id":1\}$/,
    ],
  ];

  it.each(once)('fails one request for %s, and goes on with the others', async (_, fault, message) => {
    await using proxy = await startProxy(server?.baseUrl ?? '', (__, body) =>
      body.includes('Question 3"') ? fault : pass,
    );
    await using model = await open(proxy.baseUrl);
    const results = await generate(model, 12);
    expect(results).toHaveLength(12);
    const failed = results.filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ id: 'r3', reason: 'engine', message: expect.stringMatching(message) }]);
  });

  it('gets one clear error for bursts that do not end', async () => {
    await using proxy = await behind((n) => (n >= 4 ? { kind: 'status', status: 500 } : pass));
    await using model = await open(proxy.baseUrl, { options: { retrySeconds: 0.2 } });
    await expect(generate(model, 40)).rejects.toMatchObject({
      code: 'PB_SERVER',
      message: expect.stringMatching(/HTTP 500: out of order, after \d+ tries/),
    });
  });

  it('fails one request alone where the others are answered', async () => {
    await using proxy = await startProxy(server?.baseUrl ?? '', (_, body) =>
      body.includes('Question 3"') ? { kind: 'status', status: 500 } : pass,
    );
    await using model = await open(proxy.baseUrl);
    const results = await generate(model, 60, 2);
    const failures = results.filter((result) => result.status === 'failed');
    expect(failures).toEqual([
      { id: 'r3', status: 'failed', reason: 'engine', message: 'HTTP 500: out of order, after 5 tries' },
    ]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(60);
    expect(proxy.asked()).toBe(probes + 59 + 5);
  });

  it('fails a request alone that is asked alone, and goes on with the others', async () => {
    await using proxy = await startProxy(server?.baseUrl ?? '', (_, body) =>
      /Question [25]"/.test(body) ? { kind: 'status', status: 500 } : pass,
    );
    await using model = await open(proxy.baseUrl, { options: { backoffSeconds: 0.001 } });
    const results = await generate(model, 6, 1);
    // The last one too, after which nobody is asked any more.
    const message = 'HTTP 500: out of order, after 6 tries';
    expect(results.filter((result) => result.status === 'failed')).toEqual([
      { id: 'r2', status: 'failed', reason: 'engine', message },
      { id: 'r5', status: 'failed', reason: 'engine', message },
    ]);
    const harmless = 2;
    expect(proxy.asked()).toBe(probes + 4 + 2 * 6 + harmless);
  });

  it('gives each way to fail its own tries', async () => {
    const room: Fault = { kind: 'status', status: 429 };
    const faults: readonly Fault[] = [room, room, room, room, { kind: 'reset' }, { kind: 'hang' }, { kind: 'half' }];
    // The other place is answered meanwhile, so that a request out of tries would fail alone.
    let tries = 0;
    await using proxy = await startProxy(server?.baseUrl ?? '', (_, body) =>
      body.includes('Question 0"') ? (faults[(tries += 1) - 1] ?? pass) : pass,
    );
    await using model = await open(proxy.baseUrl, { hangMs: brief });
    const results = await generate(model, 300, 2);
    const first = results.find(({ id }) => id === 'r0');
    expect(first).toMatchObject({ status: 'done', retries: faults.length });
  });

  it('ends a hang, once more, then with one clear error', async () => {
    await using proxy = await behind((n) => (n === 1 ? { kind: 'hang' } : pass));
    await using model = await open(proxy.baseUrl, { hangMs: brief });
    expect(expectAll(await generate(model, 4, 1), 4).map(({ retries }) => retries)).toEqual([0, 1, 0, 0]);
    await using silent = await behind(() => ({ kind: 'hang' }));
    await using other = await open(silent.baseUrl, { hangMs: brief });
    await expect(generate(other, 4)).rejects.toMatchObject({
      code: 'PB_SERVER',
      message: expect.stringContaining('no answer for 1 s'),
    });
  });

  it('is waited for while it is killed and starts again in the middle of a pass', async () => {
    const slow = { tokens: 5, firstTokenMs: 20, tokenMs: 1 };
    const first = await startNullServer(slow);
    await using model = await open(first.baseUrl, { options: { retrySeconds: 600 } });
    const requests = Array.from({ length: 40 }, (_, index) =>
      plainRequest(`r${index}`, `Question ${index}`, { maxTokens: 5 }),
    );
    const results: Generation[] = [];
    await using resources = new AsyncDisposableStack();
    for await (const result of model.generate(streamOf(requests), passOptions({ concurrency: 4 }))) {
      results.push(result);
      if (results.length !== 10) continue;
      await first[Symbol.asyncDispose]();
      setTimeout(
        () => void startNullServer(slow, Number(new URL(first.baseUrl).port)).then((again) => resources.use(again)),
        150,
      );
    }
    const done = expectAll(results, 40);
    const retried = done.filter(({ retries }) => retries > 0);
    expect(retried.length).toBeGreaterThan(0);
    // Whoever waited for the new server says so; the server was away for 150 ms.
    for (const { times } of retried) expect(times.lastTokenMs - times.scheduledMs).toBeGreaterThan(140);
  });

  it('is refused when it refuses the key, which nobody sees', async () => {
    const key = 'sk-secret-1234567890';
    await using proxy = await startProxy(server?.baseUrl ?? '', () => ({
      kind: 'status',
      status: 401,
      body: JSON.stringify({ error: { message: `Incorrect API key provided: ${key}` } }),
    }));
    const error: unknown = await open(proxy.baseUrl, { key }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'PB_SERVER', hint: expect.stringContaining('OPENAI_API_KEY') });
    expect(error).toMatchObject({ message: expect.stringContaining('[key]') });
    expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain(key);
    expect(proxy.keys).toContain(`Bearer ${key}`);
  });

  it('shows no part of a key that is longer than what is quoted of an answer', async () => {
    const key = 'eyJhbGciOiJIUzI1NiJ9/'.padEnd(700, 'secret');
    const answers: readonly Fault[] = [
      { kind: 'status', status: 401, body: JSON.stringify({ error: { message: `no such key: ${key}` } }) },
      { kind: 'status', status: 401, body: JSON.stringify(`no such key: ${key}`).replaceAll('/', String.raw`\/`) },
      { kind: 'answer', body: `<html>no such key: ${key}</html>`, type: 'text/html' },
      { kind: 'answer', body: JSON.stringify({ error: { message: `no such key: ${key}` } }), type: 'application/json' },
    ];
    for (const answer of answers) {
      await using proxy = await startProxy(server?.baseUrl ?? '', () => answer);
      const error: unknown = await open(proxy.baseUrl, { key }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'PB_SERVER', message: expect.stringContaining('no such key: [key]') });
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('secret');
    }
  });

  it('says what it serves when it is asked for another model', async () => {
    await expect(open(`${server?.baseUrl ?? ''}#null-modle`)).rejects.toMatchObject({
      code: 'PB_MODEL',
      message: expect.stringContaining('serves no model "null-modle"; it serves: null-model'),
      hint: 'Did you mean "null-model"?',
    });
  });

  it('is told in one line that it speaks no https', async () => {
    await using proxy = await behind(() => pass);
    await expect(open(proxy.baseUrl.replace('http:', 'https:'))).rejects.toMatchObject({
      code: 'PB_SERVER',
      message: expect.stringMatching(/^https:\/\/127.0.0.1:\d+\/v1: no connection \(\w*SSL\w*\): [^\n]*$/),
      hint: expect.stringContaining('start the address with http://'),
    });
  });

  it('is named when it is not there', async () => {
    await using proxy = await behind(() => pass);
    const { baseUrl } = proxy;
    await proxy[Symbol.asyncDispose]();
    await expect(open(baseUrl, { options: { retrySeconds: 0.2 } })).rejects.toMatchObject({
      code: 'PB_SERVER',
      message: expect.stringContaining('no connection (ECONNREFUSED)'),
    });
  });
});
