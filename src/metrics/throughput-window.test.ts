import { expect, it } from 'vitest';
import { openWindow, throughputWindow } from './throughput-window.ts';

const request = (startedMs: number, lastTokenMs: number, outputTokens = 10) => ({
  startedMs,
  lastTokenMs,
  outputTokens,
});

it('runs from when all are busy to the first end without a successor', () => {
  // Two sequences: 0-100, 100-200 and 20-120, 120-220; both are busy from 20 to 200.
  const window = throughputWindow([request(0, 100), request(20, 120), request(100, 200), request(120, 220)], 2);
  expect(window).toEqual({
    durationMs: 180,
    items: expect.closeTo(3.6, 9) as number,
    outputTokens: 36,
    concurrency: 2,
    achievedConcurrency: 2,
  });
});

it('gives the true rate of a steady loop, whatever the window cuts', () => {
  const loop = Array.from({ length: 40 }, (_, index) => request(index * 25, index * 25 + 100));
  const window = throughputWindow(loop, 4);
  expect((window?.items ?? 0) / (window?.durationMs ?? 1)).toBeCloseTo(1 / 25, 10);
});

it('has none where there never was a successor', () => {
  expect(throughputWindow([request(0, 10), request(0, 10)], 2)).toBeUndefined();
  expect(throughputWindow([], 1)).toBeUndefined();
});

it('has none where nothing took any time', () => {
  expect(throughputWindow([request(0, 10), request(10, 20)], 1)).toMatchObject({ durationMs: 20 });
  expect(throughputWindow([request(10, 10), request(10, 10)], 1)).toBeUndefined();
});

it('reaches from the first to the last request of an open loop, however many there are', () => {
  const count = 200_000;
  const requests = Array.from({ length: count }, (_, index) => request(index, index + 10));
  expect(openWindow(requests.toReversed(), 2000)).toMatchObject({
    durationMs: count - 1,
    achievedConcurrency: expect.closeTo(10, 2) as number,
  });
  expect(openWindow([], 1)).toBeUndefined();
});
