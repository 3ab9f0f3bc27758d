import { expect, it } from 'vitest';
import { suiteSchema } from '../core/suite.ts';
import { speedFromRequests, addEstimates, estimateCell } from './estimate-duration.ts';

const speed = (requestMs: readonly number[]) => speedFromRequests('m', 't', 100, requestMs, 'probe');
const probe = speed([300, 400, 500, 400]);

it('adds up the passes of a serving cell', () => {
  const suite = suiteSchema.parse({
    models: ['m'],
    launches: 2,
    windowSeconds: 10,
    latencyRequests: 5,
    concurrency: 4,
  });
  // 50 items x 100 ms; per launch a warm-up of about one item, a 10 s window, two and a
  // half rounds of 4 around it and its drain of 400 ms, 5 single requests of 400 ms.
  expect(estimateCell(suite, probe, 50).ms).toBe(5000 + 2 * (100 + 10_000 + 1000 + 400 + 2000));
});

it('knows that a window grows to its rounds, up to ten times its time', () => {
  const suite = { models: ['m'], launches: 1, latencyRequests: 5, concurrency: 100 };
  const windowOf = (windowSeconds: number): number =>
    estimateCell(suiteSchema.parse({ ...suite, windowSeconds }), probe, 0).ms - (100 + 25_000 + 400 + 2000);
  expect(windowOf(20)).toBeCloseTo(33_000);
  expect(windowOf(2)).toBeCloseTo(20_000);
  const open = suiteSchema.parse({ ...suite, windowSeconds: 2, requestRate: 5 });
  expect(estimateCell(open, probe, 0).ms).toBe(100 + 2000 + 400 + 2000);
});

it('knows that a latency pass asks eight items however slow a model is', () => {
  const suite = suiteSchema.parse({ models: ['m'], launches: 1, concurrency: 1, windowSeconds: 1, latencySeconds: 1 });
  const slow = speedFromRequests('m', 't', 10_000, [10_000, 10_000], 'probe');
  const throughputMs = 10_000 + 10_000 + 2.5 * 10_000;
  expect(estimateCell(suite, slow, 0).ms).toBeCloseTo(10_000 + throughputMs + 8 * 10_000);
});

it('has one launch and no extra passes under the paper protocol', () => {
  const suite = suiteSchema.parse({ models: ['m'], protocol: 'paper', launches: 3 });
  expect(estimateCell(suite, probe, 50).ms).toBe(5000 + 100);
});

it('is less sure the more the items differ, and never sure', () => {
  const suite = suiteSchema.parse({ models: ['m'], protocol: 'paper' });
  const even = estimateCell(suite, speed([100, 100, 100, 100]), 50);
  const uneven = estimateCell(suite, speed([10, 1000, 20, 800]), 50);
  expect(even.highMs / even.ms).toBeCloseTo(Math.exp(0.15), 10);
  expect(uneven.highMs / uneven.ms).toBeCloseTo(2, 10);
});

it('adds independent errors in squares', () => {
  const sum = addEstimates([
    { ms: 100, lowMs: 97, highMs: 103 },
    { ms: 100, lowMs: 96, highMs: 104 },
  ]);
  expect(sum).toEqual({ ms: 200, lowMs: 195, highMs: 205 });
});
