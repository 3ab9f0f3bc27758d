import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anchorsOf, paperAnchors, type Anchors } from './anchors.ts';
import { tQuantile } from '../stats/distributions.ts';
import { efficiency } from './efficiency.ts';
import type { ValuedModel } from './robustness-card.ts';
import { paretoFront } from './pareto.ts';
import { anchoredScore } from './per-anchored.ts';
import { requiredAccuracy, requiredRange } from './required-accuracy.ts';

const gsm8k = readFileSync(new URL('../../data/paper.csv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('gsm8k,'))
  .map((line): ValuedModel => {
    const [, , model = '', accuracy, throughput, , latency, , memory] = line.split(',');
    return {
      model,
      accuracy: Number(accuracy),
      throughput: throughput === '3907' ? 390.7 : Number(throughput),
      latency: Number(latency),
      memory: Number(memory) * 2 ** 20,
    };
  });
const anchors = anchorsOf(paperAnchors, 'gsm8k') as Anchors;
const named = (model: string): ValuedModel => gsm8k.find((row) => row.model === model) as ValuedModel;

// Expected values: computed independently in Python and JavaScript from the paper's table, the misprint corrected.
describe('paretoFront', () => {
  it('in four and in two factors', () => {
    expect(paretoFront(gsm8k).map(({ model }) => model)).toEqual([
      'Qwen2.5-0.5B',
      'Qwen2.5-1.5B',
      'Qwen2.5-3B',
      'Phi-3.5',
      'Qwen3-4B',
      'Qwen2.5-7B',
      'Llama-3.1-8B',
      'Qwen2.5-14B',
      'Qwen2.5-32B',
      'Llama-3.1-70B',
    ]);
    expect(paretoFront(gsm8k, ['accuracy', 'throughput']).map(({ model }) => model)).toEqual([
      'Qwen2.5-0.5B',
      'Qwen2.5-1.5B',
      'Qwen2.5-3B',
      'Qwen3-4B',
      'Llama-3.1-8B',
      'Qwen2.5-32B',
      'Llama-3.1-70B',
    ]);
  });

  it('keeps equals', () => {
    const twin = named('Qwen2.5-0.5B');
    expect(paretoFront([twin, { ...twin }])).toHaveLength(2);
  });
});

describe('requiredAccuracy', () => {
  const champion = named('Qwen2.5-1.5B');

  it.each([
    ['Qwen2.5-0.5B', 0.433656],
    ['Gemma-2-2B', 0.86285],
    ['Qwen2.5-3B', 0.847185],
    ['Qwen3-4B', 1.16888],
    ['Phi-3.5', 1.55546],
    ['Qwen2.5-72B', 55.4946],
  ])('of %s against Qwen2.5-1.5B', (model, expected) => {
    const needed = requiredAccuracy(champion, named(model), anchors);
    expect(needed / expected).toBeCloseTo(1, 5);
    // At exactly that accuracy the two scores are equal.
    if (needed > 1) return;
    const at = anchoredScore({ ...named(model), accuracy: needed }, anchors);
    expect(at).toBeCloseTo(anchoredScore(champion, anchors), 12);
  });

  it('is lower where performance is uncertain, however the figures of a launch go together', () => {
    const noise = {
      throughput: 0.03,
      latency: 0.03,
      memory: 0.005,
      launches: 3,
      quantile: tQuantile(1 - 0.01 / 15, 32),
    };
    const needed = (model: string): number => requiredAccuracy(champion, named(model), anchors, { noise });
    const values = ['Qwen2.5-0.5B', 'Gemma-2-2B', 'Qwen2.5-3B', 'Qwen3-4B'].map(needed);
    // Recomputed independently: the parts of throughput, latency and memory add up.
    expect(values.map((value) => Number(value.toFixed(6)))).toEqual([0.425857, 0.832932, 0.822957, 1.125934]);
  });

  it('has a range over launches, which goes together with how they vary', () => {
    const draws = [-0.05, 0, 0.05];
    const other = named('Gemma-2-2B');
    // By draw, then by model: the champion never varies, the challenger's speed does.
    const values = {
      accuracy: Float64Array.from([1, 1, 1, 1, 1, 1]),
      throughput: Float64Array.from(draws.flatMap((luck) => [champion.throughput, other.throughput * Math.exp(luck)])),
      latency: Float64Array.from(draws.flatMap((luck) => [champion.latency, other.latency * Math.exp(-luck)])),
      memory: Float64Array.from(draws.flatMap(() => [champion.memory, other.memory])),
    };
    const { low, high } = requiredRange(values, 2, [0, 1], champion.accuracy, anchors);
    const at = (luck: number): number =>
      requiredAccuracy(
        champion,
        { ...other, throughput: other.throughput * Math.exp(luck), latency: other.latency * Math.exp(-luck) },
        anchors,
      );
    // Type 7 quantiles of three values, at 2.5 and 97.5 %.
    expect(low).toBeCloseTo(at(0.05) + 0.05 * (at(0) - at(0.05)), 9);
    expect(high).toBeCloseTo(at(-0.05) + 0.05 * (at(0) - at(-0.05)), 9);
  });

  it('needs a weight of accuracy', () => {
    const weights = { accuracy: 0, throughput: 0.5, latency: 0.25, memory: 0.25 };
    expect(() => requiredAccuracy(champion, champion, anchors, { weights })).toThrow('a weight of accuracy above 0');
  });
});

describe('efficiency', () => {
  it('counts correct answers', () => {
    expect(
      efficiency({ accuracy: 0.5, throughput: 10, memory: 2 ** 31 }, { perDeviceHour: 3.6, joulesPerItem: 4 }),
    ).toEqual({
      correctPerSecond: 5,
      correctPerSecondPerGib: 2.5,
      correctPerJoule: 0.125,
      correctPerMoney: expect.closeTo(5000, 9),
      moneyPerItem: expect.closeTo(0.0001, 12),
    });
    expect(efficiency({ accuracy: 0.5, throughput: 10, memory: 2 ** 30 })).toMatchObject({
      correctPerJoule: undefined,
    });
    expect(() => efficiency({ accuracy: 1, throughput: 1, memory: 1 }, { perDeviceHour: 0 })).toThrow('above 0, got 0');
  });
});
