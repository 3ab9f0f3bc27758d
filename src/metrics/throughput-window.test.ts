import { describe, expect, it } from 'vitest';
import { batchingServer, closedLoopOn, drawWork, sharedServer } from '../../test/setup/simulated-server.ts';
import { meanOf } from '../stats/means.ts';
import { itemsPerMs } from './item-rate.ts';
import { openWindow, throughputWindow } from './throughput-window.ts';

const request = (startedMs: number, lastTokenMs: number, outputTokens = 10, scheduledMs = startedMs) => ({
  scheduledMs,
  startedMs,
  lastTokenMs,
  promptTokens: 2 * outputTokens,
  outputTokens,
});

describe('the window of a closed loop', () => {
  it('runs from when as many ended as there are places until the last start that ends under full load', () => {
    // Two places: 0-100, 100-200, 200-300, 300-400 and 20-120, 120-220, 220-320. The first end without a successor is 320.
    const requests = [
      ...[0, 100, 200, 300].map((start) => request(start, start + 100)),
      ...[20, 120, 220].map((start) => request(start, start + 100)),
    ];
    expect(throughputWindow(requests, 2)).toEqual({
      durationMs: 100,
      items: expect.closeTo(2, 9) as number,
      promptTokens: expect.closeTo(40, 9) as number,
      outputTokens: expect.closeTo(20, 9) as number,
      concurrency: 2,
      achievedConcurrency: 2,
    });
  });

  it('gives the true rate of a steady loop, whatever the window cuts', () => {
    const loop = Array.from({ length: 40 }, (_, index) => request(index * 25, index * 25 + 100));
    const window = throughputWindow(loop, 4);
    expect((window?.items ?? 0) / (window?.durationMs ?? 1)).toBeCloseTo(1 / 25, 10);
  });

  it('does not wait for a straggler among many', () => {
    const loop = Array.from({ length: 80 }, (_, index) => request(index * 25, index * 25 + 200));
    const [first, ...others] = loop;
    const late = [request(first?.startedMs ?? 0, 5_000), ...others];
    expect(throughputWindow(late, 8)?.durationMs).toBeGreaterThan(1_000);
  });

  it('has none where there were too few requests', () => {
    expect(throughputWindow([request(0, 10), request(0, 10), request(10, 20), request(10, 20)], 2)).toBeUndefined();
    expect(throughputWindow([], 1)).toBeUndefined();
  });

  it('has none where nothing took any time', () => {
    const spans = [0, 10, 20, 30].map((start) => request(start, start + 10));
    expect(throughputWindow(spans, 1)).toMatchObject({ durationMs: 20 });
    expect(
      throughputWindow(
        Array.from({ length: 4 }, () => request(10, 10)),
        1,
      ),
    ).toBeUndefined();
  });
});

describe('on a server of known capacity', () => {
  const concurrency = 16;
  const runs = 40;
  it.each([
    ['that shares its work, with items of one length', sharedServer(1), { mean: 200, cv: 0.01 }, { mean: 0, cv: 0 }],
    ['that shares its work', sharedServer(1), { mean: 200, cv: 0.75 }, { mean: 0, cv: 0 }],
    [
      'that batches',
      batchingServer({ step: 20, perSequence: 1, perPromptToken: 0.1 }),
      { mean: 200, cv: 0.5 },
      { mean: 100, cv: 1 },
    ],
  ])('%s, windows of three rounds show it within 1.2 %%', (_, step, prompt, output) => {
    const long = closedLoopOn(step, drawWork(prompt, output, 7), concurrency, 8_000);
    const between = (long[7_000]?.lastTokenMs ?? 0) - (long[1_000]?.lastTokenMs ?? 0);
    const capacity = 6_000 / between;
    const itemWork = {
      promptTokens: meanOf(long.map(({ promptTokens }) => promptTokens)),
      outputTokens: meanOf(long.map(({ outputTokens }) => outputTokens)),
    };
    // 0.1 ms for a token of a prompt, 21 ms for one of an answer.
    const latencies = {
      endToEndMs: [2130],
      timeToFirstTokenMs: [40],
      timePerOutputTokenMs: [21],
      outputTokens: [100],
      promptTokens: [200],
    };
    const rates = Array.from({ length: runs }, (__, run) => {
      const requests = closedLoopOn(step, drawWork(prompt, output, 100 + run), concurrency, 6 * concurrency);
      const window = throughputWindow(requests, concurrency);
      return (itemsPerMs({ window, itemWork, load: undefined }, latencies) ?? 0) / capacity;
    });
    expect(Math.abs(meanOf(rates) - 1)).toBeLessThan(0.012);
  });
});

describe('the window of an open loop', () => {
  it('reaches from the first answer to the last arrival, however many there are', () => {
    const count = 200_000;
    const requests = Array.from({ length: count }, (_, index) => request(index, index + 10));
    expect(openWindow(requests.toReversed(), 2000)).toMatchObject({
      // Ten more were in flight when the first was answered, at 10 ms; the window begins with the last of them.
      durationMs: count - 1 - 20,
      items: count - 1 - 20,
      achievedConcurrency: expect.closeTo(10, 2) as number,
    });
    expect(openWindow([], 1)).toBeUndefined();
  });

  it.each([
    [0.5, 0.5],
    [1, 1],
    [2, 1],
    [4, 1],
  ])('of a server asked for %f times what it can do gives %f times', (load, achieved) => {
    // Ten answers a second, one after the other, whatever comes.
    const dueMs = (index: number): number => (index * 100) / load;
    let freeMs = 0;
    const requests = Array.from({ length: 400 * load }, (_, index) => {
      const startedMs = dueMs(index);
      freeMs = Math.max(freeMs, startedMs) + 100;
      return request(startedMs, freeMs);
    });
    const window = openWindow(requests, 2000);
    expect((window?.items ?? 0) / (window?.durationMs ?? 1)).toBeCloseTo((10 * achieved) / 1000, 4);
    const { atStart = 0, atEnd = 0, arrivals = 0 } = window?.backlog ?? {};
    expect((atEnd - atStart) / arrivals).toBeCloseTo(1 - achieved / load, 1);
  });

  it('counts no part of an answer that came too late', () => {
    const requests = [request(0, 10), request(10, 20), request(20, 30), request(30, 1000), request(40, 2000)];
    expect(openWindow(requests, 2000)).toMatchObject({ durationMs: 30, items: 2, outputTokens: 20 });
  });
});
