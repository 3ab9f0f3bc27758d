import { expect, it } from 'vitest';
import type { DuePosition } from './ask-items.ts';
import { arrivals, openLoop } from './throughput-pass.ts';

it('draws gaps of a Poisson process, the same for the same seed', () => {
  const draw = (seed: number): readonly number[] => arrivals(50, 400_000, seed).toArray();
  const times = draw(3);
  expect(draw(3)).toEqual(times);
  expect(draw(4)).not.toEqual(times);
  const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  expect(mean).toBeCloseTo(20, 0);
  // An exponential's standard deviation is its mean.
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
});

it('lets exactly as many requests come as the rate says, all within the window', () => {
  for (const [rate, windowMs, count] of [
    [40, 20_000, 800],
    [2, 10_000, 20],
    [0.3, 5_000, 2],
    [0.001, 1_000, 1],
  ] as const) {
    for (const seed of [1, 2, 3]) {
      const times = arrivals(rate, windowMs, seed).toArray();
      expect(times).toHaveLength(count);
      expect(times.at(-1)).toBeLessThan((1000 * count) / rate);
    }
  }
});

it('keeps to the times that were drawn, however late it is asked', async () => {
  const signal = new AbortController().signal;
  const due: DuePosition[] = [];
  for await (const each of openLoop({ positions: [7, 8], requestsPerSecond: 200, windowMs: 200, seed: 1, signal })) {
    due.push(each);
    // A client that is late.
    if (due.length === 3) await new Promise((resolve) => setTimeout(resolve, 60));
  }
  expect(due.slice(0, 3).map(({ position }) => position)).toEqual([7, 8, 7]);
  const gaps = due.slice(1).map(({ scheduledMs }, index) => scheduledMs - (due[index]?.scheduledMs ?? 0));
  const times = arrivals(200, 200, 1).toArray();
  expect(due).toHaveLength(times.length);
  for (const [index, gap] of gaps.entries()) expect(gap).toBeCloseTo((times[index + 1] ?? 0) - (times[index] ?? 0), 2);
});

it('ends when it is told to, also while it waits', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  const due = await Array.fromAsync(
    openLoop({ positions: [1], requestsPerSecond: 0.001, windowMs: 1e9, seed: 1, signal: stop.signal }),
  );
  expect(due).toEqual([]);
});
