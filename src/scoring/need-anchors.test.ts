import { describe, expect, it } from 'vitest';
import type { TaskAnchors } from './anchors.ts';
import { anchorsWithNeeds } from './need-anchors.ts';
import { anchoredFactors } from './per-anchored.ts';

const base: TaskAnchors = {
  trivialAccuracy: 0.5,
  throughput: 5,
  latency: 200,
  memory: 2e9,
  throughputUnit: 'items/s',
  latencyUnit: 'ms',
};
const from = { version: '2026-1/cpu', trivialAccuracy: 0.5 };
const all = { minAccuracy: 0.9, minThroughput: 2, maxLatency: 500, maxMemory: 4e9 };

describe('anchorsWithNeeds', () => {
  it('gives 0.5 to a model that just reaches what is needed', () => {
    const anchors = anchorsWithNeeds(all, base, from);
    const reached = { accuracy: 0.9, throughput: 2, latency: 500, memory: 4e9 };
    const factors = anchors && anchoredFactors(reached, anchors);
    expect(factors?.accuracy).toBeCloseTo(0.5, 12);
    expect(factors).toMatchObject({ throughput: 0.5, latency: 0.5, memory: 0.5 });
    expect(anchors?.version).toMatch(/^need-[0-9a-f]{8}$/u);
  });

  it('keeps what is not needed, and says so in its version', () => {
    expect(
      anchorsWithNeeds({ maxLatency: 500 }, { ...base, provisionalFrom: 2, version: 'provisional' }, from),
    ).toEqual({
      ...base,
      latency: 500,
      provisionalFrom: 2,
      version: expect.stringMatching(/^need-[0-9a-f]{8}\+provisional$/u),
    });
    expect(anchorsWithNeeds({ maxLatency: 500 }, base, from)?.version).toMatch(/^need-[0-9a-f]{8}\+2026-1\/cpu$/u);
    expect(anchorsWithNeeds({}, base, from)).toBe(base);
  });

  it('is no longer provisional where speed and memory are all stated', () => {
    const { minAccuracy: _, ...performance } = all;
    expect(anchorsWithNeeds(performance, { ...base, provisionalFrom: 2 }, from)).not.toHaveProperty('provisionalFrom');
  });

  it('never takes for half what no model is needed for, nor an accuracy of 1', () => {
    expect(anchorsWithNeeds({ minAccuracy: 0.6 }, base, from)).toBe(base);
    expect(anchorsWithNeeds({ minAccuracy: 1 }, base, from)).toBe(base);
  });

  it('leaves speeds in other units as they are', () => {
    const perToken: TaskAnchors = { ...base, throughputUnit: 'tokens/s', latencyUnit: 'ms/token' };
    expect(anchorsWithNeeds(all, perToken, from)).toMatchObject({ throughput: 5, latency: 200, memory: 4e9 });
  });

  it('stands alone where it says all that speed and memory need', () => {
    const { maxMemory: _, ...some } = all;
    expect(anchorsWithNeeds(some, undefined, from)).toBeUndefined();
    const alone = anchorsWithNeeds(all, undefined, from);
    expect(alone).toMatchObject({ throughput: 2, latency: 500, memory: 4e9, throughputUnit: 'items/s' });
    // A race keeps the anchors that it was decided under.
    expect(alone && anchorsWithNeeds(all, alone, from)).toBe(alone);
  });
});
