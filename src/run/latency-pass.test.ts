import { expect, it } from 'vitest';
import type { GenerationResult } from '../core/engine.ts';
import { collectLatencies } from './latency-pass.ts';

function answer(firstTokenMs: number, lastTokenMs: number, outputTokens: number, retries = 0): GenerationResult {
  return {
    id: 'a',
    status: 'done',
    text: '',
    finishReason: 'stop',
    promptTokens: 3,
    reusedTokens: 0,
    outputTokens,
    promptHead: [],
    promptSha256: '',
    tokenLogprobs: undefined,
    retries,
    // Sent late by a busy client: latency counts from when it was due.
    times: { scheduledMs: 1000, startedMs: 1050, firstTokenMs, lastTokenMs },
  };
}

it('counts from when a request was due, and what keeps all limits', () => {
  const collector = collectLatencies({ ttft: 100, tpot: 10 });
  collector.add(answer(1100, 1200, 11));
  collector.add(answer(1101, 1200, 11));
  collector.add(answer(1100, 1201, 11));
  collector.add(answer(1090, 1090, 1));
  collector.add(answer(1001, 1002, 2, 1));
  collector.add({ id: 'b', status: 'failed', reason: 'engine', message: '', promptTokens: undefined });
  expect(collector.good()).toBe(2);
  expect(collector.latencies).toEqual({
    endToEndMs: [200, 200, 201, 90],
    timeToFirstTokenMs: [100, 101, 100, 90],
    timePerOutputTokenMs: [10, 9.9, 10.1, null],
    outputTokens: [11, 11, 11, 1],
    promptTokens: [3, 3, 3, 3],
  });
});

it('knows of an answer in one piece how long it took, and of its tokens only bounds', () => {
  const collector = collectLatencies({ ttft: 100, tpot: 10 });
  for (const [endMs, tokens] of [
    [1090, 10],
    [1090, 9],
    [1101, 20],
  ] as const) {
    const result = answer(endMs, endMs, tokens);
    collector.add({ ...result, times: { ...result.times, firstTokenMs: undefined } });
  }
  expect(collector.latencies).toEqual({
    endToEndMs: [90, 90, 101],
    timeToFirstTokenMs: [null, null, null],
    timePerOutputTokenMs: [null, null, null],
    outputTokens: [10, 9, 20],
    promptTokens: [3, 3, 3],
  });
  // 90 ms over 9 gaps is 10 ms, over 8 it may be more; 101 ms may have been the first token's.
  expect(collector.good()).toBe(1);
});
