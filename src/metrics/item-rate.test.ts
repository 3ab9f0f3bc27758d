import { describe, expect, it } from 'vitest';
import type { LatencyRecord, ThroughputWindow } from '../core/cell.ts';
import { itemsPerMs, tokenCosts } from './item-rate.ts';

const window: ThroughputWindow = { durationMs: 1000, items: 20, promptTokens: 3000, outputTokens: 500, concurrency: 4 };

/** Prompts of 2 ms a token, answers of 20 ms a token. */
const streamed: LatencyRecord = {
  endToEndMs: [400, 800],
  timeToFirstTokenMs: [200, 400],
  timePerOutputTokenMs: [20, 20],
  outputTokens: [11, 21],
  promptTokens: [100, 200],
};

describe('the cost of tokens', () => {
  it('comes from the times to the first token and per output token', () => {
    expect(tokenCosts(streamed)).toEqual({ promptMs: 2, outputMs: 20 });
  });

  it('comes from whole times by least squares where answers were not streamed', () => {
    const prompts = [100, 200, 150, 400];
    const outputs = [10, 5, 30, 12];
    const pieces = {
      endToEndMs: prompts.map((tokens, index) => 2 * tokens + 20 * (outputs[index] ?? 0)),
      timeToFirstTokenMs: prompts.map(() => null),
      timePerOutputTokenMs: prompts.map(() => null),
      outputTokens: outputs,
      promptTokens: prompts,
    };
    const costs = tokenCosts(pieces);
    expect(costs?.promptMs).toBeCloseTo(2, 9);
    expect(costs?.outputMs).toBeCloseTo(20, 9);
    // Longer prompts with shorter times: then answers are all that costs.
    const byAnswers = tokenCosts({
      ...pieces,
      endToEndMs: outputs.map((tokens, index) => 30 * tokens - (prompts[index] ?? 0) / 9),
    });
    expect(byAnswers).toMatchObject({ promptMs: 0 });
    expect(tokenCosts({ ...pieces, outputTokens: prompts.map(() => 0) })).toMatchObject({ outputMs: 0 });
  });

  it('is that of prompts alone where answers have one token, and unknown without counts', () => {
    expect(tokenCosts({ ...streamed, timePerOutputTokenMs: [null, null], outputTokens: [1, 1] })).toEqual({
      promptMs: 2,
      outputMs: 0,
    });
    const { promptTokens: _, ...old } = streamed;
    expect(tokenCosts(old)).toBeUndefined();
    expect(tokenCosts({ ...streamed, promptTokens: [0, 0] })).toBeUndefined();
    expect(tokenCosts(undefined)).toBeUndefined();
  });
});

describe('items per millisecond', () => {
  const itemWork = { promptTokens: 200, outputTokens: 40 };

  it('is the work of the window over that of an item of the benchmark', () => {
    // (2 x 3000 + 20 x 500) / (2 x 200 + 20 x 40) / 1000: the window's items were shorter than the benchmark's.
    expect(itemsPerMs({ window, itemWork, load: undefined }, streamed)).toBeCloseTo(16_000 / 1200 / 1000, 12);
  });

  it('needs no latencies where nothing is generated', () => {
    const likelihood = { window: { ...window, outputTokens: 0 }, itemWork: { promptTokens: 200, outputTokens: 0 } };
    expect(itemsPerMs({ ...likelihood, load: undefined }, undefined)).toBeCloseTo(3000 / 200 / 1000, 12);
  });

  it('is that of the items where work is not known, and in an open loop', () => {
    const open = { requestRate: 5, limits: undefined, good: undefined, asked: 1 };
    const { promptTokens: _, ...old } = window;
    for (const pass of [
      { window, itemWork: undefined, load: undefined },
      { window: old, itemWork, load: undefined },
      { window, itemWork, load: open },
    ]) {
      expect(itemsPerMs(pass, streamed)).toBe(20 / 1000);
    }
    expect(itemsPerMs({ window, itemWork, load: undefined }, undefined)).toBe(20 / 1000);
    expect(itemsPerMs({ window: undefined, itemWork, load: undefined }, streamed)).toBeUndefined();
  });
});
