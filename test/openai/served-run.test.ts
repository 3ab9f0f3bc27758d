import { expect, it } from 'vitest';
import type { PassResult } from '../../src/core/cell.ts';
import type { Sample } from '../../src/core/sample.ts';
import { defineSuite } from '../../src/core/suite.ts';
import { run } from '../../src/app/run.ts';
import { startNullServer } from '../../src/app/null-server/null-server.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { startProxy } from './misbehaving-proxy.ts';
import { startParticular } from './particular-server.ts';
import { toyTask } from './toy-task.ts';

async function passesOf(
  server: { readonly baseUrl: string },
  changes: object,
): Promise<{
  readonly passes: readonly PassResult[];
  readonly measurements: unknown;
  readonly manifest: string;
  readonly samples: readonly Sample[];
}> {
  await using store = await openSqliteStore({ file: ':memory:' });
  const suite = defineSuite({
    models: [`openai:${server.baseUrl}#null-model`],
    tasks: [toyTask.task.id],
    launches: 1,
    concurrency: 4,
    windowSeconds: 0.4,
    latencyRequests: 5,
    latencySeconds: 5,
    allowBusy: true,
    ...changes,
  });
  const environment = { OPENAI_API_KEY: 'sk-hidden-key' };
  const events = await Array.fromAsync(run(suite, { store, tasks: [toyTask], environment }));
  expect(events.find(({ type }) => type === 'cell-end')).toMatchObject({ state: 'done', error: undefined });
  const record = await store.latestRun();
  const [cell] = await store.cells(record?.id ?? '');
  return {
    passes: await store.passResults(cell?.id ?? ''),
    measurements: cell?.measurements,
    manifest: JSON.stringify(record),
    samples: await Array.fromAsync(store.samples(cell?.id ?? '')),
  };
}

it('measures a served model, with what the client did and without the key', async () => {
  await using server = await startNullServer({ tokens: 6, firstTokenMs: 20, tokenMs: 4 });
  const { passes, measurements, manifest } = await passesOf(server, {});
  const latency = passes.find(({ pass }) => pass === 'latency');
  const throughput = passes.find(({ pass }) => pass === 'throughput');
  // Streamed: the first token comes before the last.
  for (const [index, ttft] of (latency?.latencies?.timeToFirstTokenMs ?? []).entries()) {
    expect(ttft).toBeLessThan(latency?.latencies?.endToEndMs[index] ?? 0);
  }
  expect(latency?.latencies?.endToEndMs).toHaveLength(5);
  expect(throughput?.client).toMatchObject({ retriedRequests: 0 });
  // Only what is streamed is held against the client's ceiling for streams.
  expect(latency?.client?.streamedTokensPerSecond).toBeGreaterThan(10);
  expect(throughput?.client?.streamedTokensPerSecond).toBeUndefined();
  expect(throughput?.window?.achievedConcurrency).toBeGreaterThan(2);
  expect(throughput?.window?.achievedConcurrency).toBeLessThanOrEqual(4.001);
  expect(measurements).toMatchObject({
    outputTokensPerSecond: { status: 'measured' },
    timePerOutputTokenP50: { status: 'measured' },
  });
  expect(manifest).not.toContain('sk-hidden-key');
});

it('offers requests at a rate, and counts those within the limits', async () => {
  await using server = await startNullServer({ tokens: 6, firstTokenMs: 20, tokenMs: 4 });
  const { passes, measurements } = await passesOf(server, { requestRate: 100, goodput: 'ttft:10s,tpot:10s' });
  const load = passes.find(({ pass }) => pass === 'throughput')?.load;
  expect(load).toMatchObject({ requestRate: 100, limits: { ttft: 10_000, tpot: 10_000 } });
  expect(load?.good).toBe(load?.asked);
  expect(load?.asked).toBeGreaterThan(10);
  expect(measurements).toMatchObject({ goodput: { status: 'measured', unit: 'items/s' } });
  const strict = await passesOf(server, { goodput: 'ttft:1ms' });
  expect(strict.passes.find(({ pass }) => pass === 'throughput')?.load).toMatchObject({ good: 0 });
  expect(strict.measurements).toMatchObject({ goodput: { status: 'measured', value: 0 } });
});

it('has no number in tokens where the server counts none', async () => {
  const body = JSON.stringify({ choices: [{ text: ' yes', finish_reason: 'stop' }] });
  await using server = await startNullServer({ tokens: 6, firstTokenMs: 0, tokenMs: 0 });
  await using proxy = await startProxy(server.baseUrl, () => ({ kind: 'answer', body, type: 'application/json' }));
  const { measurements } = await passesOf(proxy, { goodput: 'e2el:10s' });
  expect(measurements).toMatchObject({
    throughput: { status: 'measured' },
    outputTokensPerSecond: { status: 'unavailable', reason: 'no_token_counts' },
    timePerOutputTokenP50: { status: 'unavailable', reason: 'no_token_counts' },
  });
});

it.each([-7, 1e308, 2.5, '20', null])('builds no figure on the token count %j', async (count) => {
  let asked = 0;
  const answer = (): object => {
    asked += 1;
    const [prompt, output] = asked % 2 === 0 ? [20, 5] : [count, count];
    const usage = { prompt_tokens: prompt, completion_tokens: output };
    return { choices: [{ text: ' yes', finish_reason: 'stop' }], usage };
  };
  await using server = await startNullServer({ tokens: 6, firstTokenMs: 0, tokenMs: 0 });
  await using proxy = await startProxy(server.baseUrl, () => ({
    kind: 'answer',
    body: JSON.stringify(answer()),
    type: 'application/json',
  }));
  const { passes, measurements, samples } = await passesOf(proxy, { protocol: 'paper' });
  const counts = new Set(samples.map(({ promptTokens, outputTokens }) => `${promptTokens}, ${outputTokens}`));
  expect(counts).toEqual(new Set(['20, 5', 'undefined, undefined']));
  const reason = 'odd_answers';
  const detail = expect.stringMatching(/^\d+ of \d+ answers have no token counts that can be used$/);
  expect(passes.find(({ pass }) => pass === 'accuracy')?.warnings).toContainEqual({ reason, detail });
  expect(measurements).toMatchObject({
    accuracy: { warnings: expect.arrayContaining([{ reason, detail }]) },
    tokensPerAnswer: { status: 'unavailable', reason: 'no_token_counts', detail },
  });
});

it('keeps what a server refuses with the run, and no header', async () => {
  const server = await startParticular(({ body, headers }) => {
    if (headers['x-gateway'] !== 'Token sk-hidden-key') return [403, 'no header'];
    return 'temperature' in body
      ? [400, { error: { message: 'temperature is fixed', param: 'temperature' } }]
      : undefined;
  });
  const engineOptions = { headers: { 'x-gateway': 'Token ${OPENAI_API_KEY}' }, loglikelihood: 'none' };
  const model = { source: `openai:${server.baseUrl}#m`, style: 'instruct', engineOptions };
  const { manifest } = await passesOf(server, { models: [model], protocol: 'paper' });
  expect(manifest).toContain('the server refuses temperature (left out: answers may vary)');
  expect(manifest).not.toContain('sk-hidden-key');
});

it.each([
  ['stream_options', 'no_token_counts'],
  ['stream', 'not_streamed'],
])('has no number that needs what the server refuses: %s', async (field, reason) => {
  const server = await startParticular(({ body }) =>
    field in body ? [400, { error: { message: `${field} is not supported` } }] : undefined,
  );
  const model = { source: `openai:${server.baseUrl}#m`, style: 'instruct', engineOptions: { loglikelihood: 'none' } };
  const { measurements } = await passesOf(server, { models: [model] });
  expect(measurements).toMatchObject({ timePerOutputTokenP50: { status: 'unavailable', reason } });
});
