import { describe, expect, it } from 'vitest';
import { type Answered, poissonArrivals, serve } from '../../bench/simulated-server.ts';
import * as define from '../../bench/tool-definitions.ts';

function answer(dueMs: number, sentMs: number, ...tokenMs: number[]): Answered {
  return { dueMs, sentMs, tokenMs, promptTokens: 10, outputTokens: tokenMs.length };
}

// Three, two, one and four tokens; the last was due at 260, and sent at 300. Everything below is computed by hand.
const [a, b, c, d] = [
  answer(0, 0, 100, 200, 300),
  answer(0, 0, 100, 250),
  answer(250, 250, 300),
  answer(260, 300, 400, 500, 600, 1000),
];
const four = [a, b, c, d];

describe('rates of four requests', () => {
  it('of the whole run: 4 answers, 10 tokens, 1 s', () => {
    expect(define.wholeRunRates(four)).toEqual({ itemsPerSecond: 4, tokensPerSecond: 10 });
    // 300 + 250 + 50 + 700 ms in flight.
    expect(define.wholeRunConcurrency(four)).toBe(1.3);
  });

  it('of guidellm: tokens by the 900 ms from the first to the last', () => {
    const { itemsPerSecond, tokensPerSecond } = define.guidellmRates(four);
    expect(itemsPerSecond).toBe(4);
    expect(tokensPerSecond).toBeCloseTo(10 / 0.9, 12);
  });

  it("of SGLang's steady state: two in flight until 300 ms, 3 answers and 6 tokens", () => {
    const { itemsPerSecond, tokensPerSecond } = define.sglangSteadyRates(four, 0.8);
    expect(itemsPerSecond).toBeCloseTo(10, 12);
    expect(tokensPerSecond).toBeCloseTo(20, 12);
    expect(define.sglangSteadyRates(four, 0.5)).toEqual(define.wholeRunRates(four));
  });

  it("of LoadGen's Server: one less than all, by the last request", () => {
    const { completed, scheduled } = define.loadgenServerRates(four);
    expect(completed).toBe(3);
    expect(scheduled).toBeCloseTo(3 / 0.26, 12);
  });
});

describe('times of four requests', () => {
  it('from sending, and from when they were due', () => {
    expect(four.map(define.endToEndFromSent)).toEqual([300, 250, 50, 700]);
    expect(four.map(define.endToEndFromDue)).toEqual([300, 250, 50, 740]);
    expect(four.map(define.firstTokenFromSent)).toEqual([100, 100, 50, 100]);
    expect(four.map(define.firstTokenFromDue)).toEqual([100, 100, 50, 140]);
  });

  it('per token: without the first, with it, and each gap', () => {
    expect(four.map(define.betweenTokens)).toEqual([100, 150, undefined, 200]);
    expect(four.map(define.perTokenWithFirst)).toEqual([100, 125, 50, 175]);
    expect(four.map(define.gapsBetweenTokens)).toEqual([[100, 100], [150], [], [100, 100, 400]]);
  });

  it('as percentiles: interpolated, weighted by tokens, by index', () => {
    const sent = four.map(define.endToEndFromSent);
    expect(define.interpolated(sent, 0.5)).toBe(275);
    expect(define.interpolated(sent, 0.95)).toBeCloseTo(640, 9);
    const weighted = four.map((one) => [define.betweenTokens(one) ?? 0, one.outputTokens - 1] as const);
    // Weights 2, 1, 0 and 3.
    expect(define.weightedQuantile(weighted, 0.5)).toBe(150);
    expect(define.weightedQuantile(weighted, 0.51)).toBe(200);
    const due = four.map(define.endToEndFromDue);
    expect([define.loadgenPercentile(due, 0.5), define.loadgenPercentile(due, 0.95)]).toEqual([300, 740]);
  });

  it("has LoadGen's early stopping from 11 values on for the median", () => {
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
    expect(define.loadgenEarlyStopping(upTo(10), 0.5)).toBeUndefined();
    expect(define.loadgenEarlyStopping(upTo(11), 0.5)).toBe(11);
  });

  it('counts good ones: an answer of one token is good or bad', () => {
    const limits = { ttft: 100, tpot: 150 };
    expect(define.wholeRunGoodput(four, limits, { isOneTokenGood: true })).toBe(3);
    expect(define.wholeRunGoodput(four, limits, { isOneTokenGood: false })).toBe(2);
  });
});

describe('the simulated server', () => {
  const work = (promptTokens: number, outputTokens: number) => ({ promptTokens, outputTokens });

  it('batches: a step takes 8 ms, 0.5 for each sequence, 0.03 for each new prompt token', () => {
    const answered = serve({ work: [work(100, 1), work(100, 2), work(100, 1)], places: 2 });
    expect(answered.map(({ dueMs, sentMs, tokenMs }) => [dueMs, sentMs, ...tokenMs])).toEqual([
      [0, 0, 15],
      [0, 0, 15, 27],
      [15, 15, 27],
    ]);
  });

  it('sends a request late where no place is free', () => {
    const answered = serve({ work: [work(100, 1), work(100, 1)], places: 1, arrivalsMs: [0, 1] });
    expect(answered.map(({ dueMs, sentMs, tokenMs }) => [dueMs, sentMs, ...tokenMs])).toEqual([
      [0, 0, 11.5],
      [1, 11.5, 23],
    ]);
  });

  it('has arrivals at the rate', () => {
    const arrivals = poissonArrivals(20_000, 50, 3);
    expect(arrivals.at(-1)).toBeGreaterThan(390_000);
    expect(arrivals.at(-1)).toBeLessThan(410_000);
    expect(arrivals).toEqual(arrivals.toSorted((x, y) => x - y));
  });
});
