import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grownBetween, hasRestarted, readServerPage, type ServerPage } from './server-metrics.ts';

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../test/fixtures/telemetry', name), 'utf8');

/** The same page when a quarter of it had happened. */
const earlier = (text: string): string =>
  text.replaceAll(
    /^(\S+_(?:total|count|sum|bucket)(?:\{.*\})?) (\S+)/gm,
    (_, name, value) => `${name} ${Number(value) / 4}`,
  );

function read(text: string): ServerPage {
  const page = readServerPage(text);
  if (page === undefined) throw new Error('the page has no known name');
  return page;
}

const last = (name: string): ServerPage => read(fixture(name));
const grown = (name: string): ReturnType<typeof grownBetween> => grownBetween(read(earlier(fixture(name))), last(name));

describe('metrics of vLLM', () => {
  it('add up over data-parallel engines; of their caches the fullest counts', () => {
    expect(last('vllm-metrics.txt').gauges).toEqual({ running: 27, waiting: 4, kvUsage: 0.04012 });
    expect(grown('vllm-metrics.txt')).toMatchObject({
      promptTokens: 60_000,
      outputTokens: 101_589,
      preemptions: 9,
      cacheQueries: 60_000,
      cacheHits: 300,
      draftedTokens: 2_400,
      acceptedTokens: 1_500,
      drafts: 600,
      promptMs: undefined,
      decodeMs: undefined,
    });
  });

  it('time requests in buckets', () => {
    const { times } = grown('vllm-metrics.txt');
    expect(times?.timeToFirstToken).toEqual({
      count: 120,
      sumMs: 6_000,
      buckets: [
        { upToMs: 20, count: 0 },
        { upToMs: 40, count: 30 },
        { upToMs: 60, count: 90 },
        { upToMs: 80, count: 120 },
      ],
    });
    const sums = Object.entries(times ?? {}).map(([name, { count, sumMs }]) => [name, count, sumMs]);
    expect(sums).toEqual([
      ['queue', 120, expect.closeTo(600)],
      ['prefill', 120, expect.closeTo(3_600)],
      ['decode', 120, 48_000],
      ['timeToFirstToken', 120, 6_000],
      ['interToken', 12_000, 108_000],
      ['endToEnd', 120, 60_000],
    ]);
  });

  it('had other names in earlier versions', () => {
    expect(last('vllm-metrics-older.txt').gauges).toEqual({ running: 8, waiting: 2, kvUsage: 0.5 });
    const { times, cacheHits, cacheQueries } = grown('vllm-metrics-older.txt');
    expect({ cacheHits, cacheQueries }).toEqual({ cacheHits: 150, cacheQueries: 600 });
    expect(times?.queue).toMatchObject({ count: 60, sumMs: expect.closeTo(1_200) });
    expect(times?.interToken).toMatchObject({ count: 3_000, sumMs: 36_000 });
    expect(times?.decode).toBeUndefined();
  });

  it('are none of it where statistics are turned off', () => {
    expect(
      readServerPage('# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 33.5\n'),
    ).toBeUndefined();
    expect(readServerPage('<html>busy</html>')).toBeUndefined();
  });
});

describe('metrics of SGLang', () => {
  it('count a request once, however many ranks share it', () => {
    expect(last('sglang-metrics.txt').gauges).toEqual({ running: 24, waiting: 2, kvUsage: 0.31, acceptance: 0.6 });
    const { times, ...counts } = grown('sglang-metrics.txt');
    expect(counts).toMatchObject({ promptTokens: 6_000, cacheQueries: 6_000, cacheHits: 330, preemptions: 3 });
    expect(times?.queue).toEqual({
      count: 90,
      sumMs: 300,
      buckets: [
        { upToMs: 0, count: 30 },
        { upToMs: 1, count: 30 },
        { upToMs: 50, count: 90 },
      ],
    });
  });

  it('are those of one stage for the prefill, and of streams and whole answers together', () => {
    const { times } = grown('sglang-metrics.txt');
    expect(times?.prefill).toMatchObject({ count: 30, sumMs: expect.closeTo(1_200) });
    expect(times?.timeToFirstToken).toMatchObject({ count: 90, sumMs: 9_000 });
    expect(times?.endToEnd).toMatchObject({ count: 90, sumMs: 81_000 });
  });

  it('leave out the breakdown by priority where there is a total', () => {
    const page = ['', '1', '2'].map((priority) => `sglang:num_running_reqs{priority="${priority}"} 3`).join('\n');
    expect(read(page).gauges.running).toBe(3);
  });

  it('had fewer names and labels in earlier versions', () => {
    const { times, ...counts } = grown('sglang-metrics-older.txt');
    expect(counts).toMatchObject({ promptTokens: 6_000, outputTokens: 3_000, cacheHits: undefined });
    expect(times?.interToken).toMatchObject({ count: 300, sumMs: 2_400 });
  });

  it('name a counter only when there is something to count', () => {
    const page = fixture('sglang-metrics.txt');
    const atFirst = page.split('\n').filter((line) => !line.includes('cached_tokens') && !line.includes('first_token'));
    const { cacheHits, times } = grownBetween(read(atFirst.join('\n')), read(page));
    expect(cacheHits).toBe(440);
    expect(times?.timeToFirstToken?.count).toBe(120);
  });
});

describe('metrics of llama-server', () => {
  it('are times of all requests together, and prompt tokens without those from the cache', () => {
    const page = fixture('llama-server-metrics.txt').replace('cached_total 0', 'cached_total 1');
    const { times, ...counts } = grownBetween({ gauges: {}, counters: {}, times: {}, isRounded: true }, read(page));
    expect(counts).toMatchObject({
      promptTokens: 3,
      cacheQueries: 4,
      cacheHits: 1,
      outputTokens: 12,
      promptMs: expect.closeTo(20.953),
      decodeMs: expect.closeTo(117.936),
      draftedTokens: 0,
    });
    expect(times).toBeUndefined();
  });

  it('had fewer in earlier versions', () => {
    const page = 'llamacpp:prompt_tokens_total 8\nllamacpp:requests_processing 1\nllamacpp:kv_cache_usage_ratio 0.25\n';
    expect(last('llama-server-metrics.txt').gauges.kvUsage).toBeUndefined();
    expect(read(page)).toEqual({
      gauges: { running: 1, kvUsage: 0.25 },
      counters: { promptTokens: 8 },
      times: {},
      isRounded: true,
    });
  });
});

describe('counters that are printed with six digits', () => {
  const told = (promptTokens: string, promptSeconds: string, tokens: string): ServerPage =>
    read(
      [
        `llamacpp:prompt_tokens_total ${promptTokens}`,
        `llamacpp:prompt_seconds_total ${promptSeconds}`,
        `llamacpp:tokens_predicted_total ${tokens}`,
      ].join('\n'),
    );

  it('are unknown where they grew by few steps of their last digit, and that is said', () => {
    const window = grownBetween(told('1.23457e+07', '23456.7', '9990'), told('1.23458e+07', '23456.8', '9994'));
    expect(window).toMatchObject({ promptTokens: undefined, promptMs: undefined, outputTokens: 4 });
    expect(window.gap).toMatch(/^the server prints counters with 6 digits/);
  });

  it('are known where they grew by many, or more digits are printed', () => {
    const many = grownBetween(told('1.23457e+07', '23456.7', '9990'), told('1.23557e+07', '23466.8', '9994'));
    expect(many).toMatchObject({ promptTokens: 10_000, promptMs: expect.closeTo(10_100), gap: undefined });
    const exact = grownBetween(told('12345678', '23456.7123', '9990'), told('12345685', '23456.8123', '9994'));
    expect(exact).toMatchObject({ promptTokens: 7, promptMs: expect.closeTo(100), gap: undefined });
  });
});

describe('a server that was started again', () => {
  const page = last('vllm-metrics.txt');

  it('shows by counts that became less', () => {
    const before = read(earlier(fixture('vllm-metrics.txt')));
    expect(hasRestarted(before, page)).toBe(false);
    expect(hasRestarted(page, page)).toBe(false);
    expect(hasRestarted(page, before)).toBe(true);
  });

  it('shows by counters that are gone', () => {
    expect(hasRestarted(page, { ...page, times: {} })).toBe(true);
    expect(hasRestarted(page, { ...page, counters: {} })).toBe(true);
  });
});
