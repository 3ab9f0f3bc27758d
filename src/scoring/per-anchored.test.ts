import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorsOf, checkAnchors, freezeAnchors, paperAnchors, type Anchors } from './anchors.ts';
import { type Factors, flagId } from './factor.ts';
import { anchoredScore, perAnchored } from './per-anchored.ts';

const mebibyte = 2 ** 20;
const rows = readFileSync(new URL('../../data/paper.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [task = '', , model = '', accuracy, throughput, , latency, , memory] = line.split(',');
    return {
      task,
      model,
      accuracy: Number(accuracy),
      throughput: throughput === '3907' ? 390.7 : Number(throughput),
      latency: Number(latency),
      memory: Number(memory) * mebibyte,
    };
  });

function scores(task: string): Map<string, number | undefined> {
  const own = rows.filter((row) => row.task === task);
  return new Map(perAnchored(own, anchorsOf(paperAnchors, task) as Anchors).map(({ model, score }) => [model, score]));
}

// Expected values: computed independently in Python and JavaScript.
describe("PER-A on the paper's tables", () => {
  it('GSM8K', () => {
    const expected: Readonly<Record<string, number>> = {
      'Qwen2.5-0.5B': 0.73529746,
      'Qwen2.5-1.5B': 0.76159076,
      'Gemma-2-2B': 0.68204203,
      'Qwen2.5-3B': 0.72584915,
      'Phi-3.5': 0.6315215,
      'Qwen3-4B': 0.69251531,
      'Mistral-7B': 0.52535489,
      'Qwen2.5-7B': 0.57739574,
      'Llama-3.1-8B': 0.43673852,
      'Llama-2-13B': 0.37335298,
      'Vicuna-13B': 0.3281189,
      'Qwen2.5-14B': 0.52338993,
      'Qwen2.5-32B': 0.61690368,
      'Llama-2-70B': 0.28951314,
      'Llama-3.1-70B': 0.3364941,
      'Qwen2.5-72B': 0.2645689,
    };
    const actual = scores('gsm8k');
    expect(actual.size).toBe(16);
    for (const [model, value] of Object.entries(expected)) expect(actual.get(model)).toBeCloseTo(value, 8);
  });

  it('IMDB and ARC-Easy', () => {
    const imdb = scores('imdb');
    expect(imdb.get('Qwen2.5-0.5B')).toBeCloseTo(0.89404141, 8);
    expect(imdb.get('Llama-2-13B')).toBeCloseTo(0.63783862, 8);
    expect(imdb.get('Phi-3.5')).toBe(0);
    const arc = scores('arc_easy');
    expect(arc.get('Qwen2.5-0.5B')).toBeCloseTo(0.79738981, 8);
    expect(arc.get('Qwen2.5-1.5B')).toBeCloseTo(0.80895124, 8);
  });
});

describe('anchoredScore', () => {
  const anchors: Anchors = { trivialAccuracy: 0, throughput: 330, latency: 1.5, memory: 8192 };
  const atAnchors: Factors = { accuracy: 0.8, throughput: 330, latency: 1.5, memory: 8192 };

  it('at the edges', () => {
    expect(anchoredScore(atAnchors, anchors)).toBeCloseTo(0.56234132519, 11);
    expect(anchoredScore({ ...atAnchors, latency: 0 }, anchors)).toBeCloseTo(0.668740304976, 11);
    expect(anchoredScore({ ...atAnchors, throughput: 0 }, anchors)).toBe(0);
    expect(anchoredScore({ ...atAnchors, accuracy: 0.25 }, { ...anchors, trivialAccuracy: 0.25 })).toBe(0);
    expect(anchoredScore({ ...atAnchors, accuracy: 0.2 }, { ...anchors, trivialAccuracy: 0.25 })).toBe(0);
  });

  it('exchanges a doubled throughput at the anchor for a third more accuracy', () => {
    const doubled = anchoredScore({ ...atAnchors, throughput: 660 }, anchors);
    expect(doubled / anchoredScore(atAnchors, anchors)).toBeCloseTo((4 / 3) ** 0.25, 12);
    expect(doubled).toBeCloseTo(anchoredScore({ ...atAnchors, accuracy: (0.8 * 4) / 3 }, anchors), 12);
  });

  const factor = fc.double({ min: 0.001, max: 1e6, noNaN: true });
  const values = fc.record({
    accuracy: fc.double({ min: 0.01, max: 1, noNaN: true }),
    throughput: factor,
    latency: factor,
    memory: factor,
  });

  it('only ratios to the anchors enter', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 100, noNaN: true }), (own, scale) => {
        const scaled = anchoredScore(
          { ...own, throughput: own.throughput * scale },
          { ...anchors, throughput: anchors.throughput * scale },
        );
        expect(scaled).toBeCloseTo(anchoredScore(own, anchors), 12);
      }),
    );
  });

  it('is in [0, 1), rises with every improvement and never exceeds a factor to its weight', () => {
    fc.assert(
      fc.property(values, (own) => {
        const score = anchoredScore(own, anchors);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThan(1);
        expect(anchoredScore({ ...own, throughput: own.throughput * 1.1 }, anchors)).toBeGreaterThan(score);
        expect(anchoredScore({ ...own, latency: own.latency * 0.9 }, anchors)).toBeGreaterThan(score);
        expect(anchoredScore({ ...own, memory: own.memory * 0.9 }, anchors)).toBeGreaterThan(score);
        expect(anchoredScore({ ...own, accuracy: own.accuracy * 0.9 }, anchors)).toBeLessThan(score);
        expect(score).toBeLessThanOrEqual((anchors.memory / (anchors.memory + own.memory)) ** 0.25 + 1e-12);
      }),
    );
  });

  it("any change of the set changes nobody's score", () => {
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 10 }),
        fc.array(values, { maxLength: 10 }),
        (kept, others) => {
          const named = [...kept, ...others].map((own, index) => ({ model: `m${index}`, ...own }));
          const alone = perAnchored(named.slice(0, kept.length), anchors).map(({ score }) => score);
          expect(
            perAnchored(named, anchors)
              .slice(0, kept.length)
              .map(({ score }) => score),
          ).toEqual(alone);
        },
      ),
    );
  });

  it('has no score for a failed or incomplete model, and 0 for one that only guesses', () => {
    const models = [
      { model: 'failed', ...atAnchors, failure: 'killed' },
      { model: 'nothing', ...atAnchors, throughput: 0 },
      { model: 'no memory', ...atAnchors, memory: undefined },
      { model: 'guesses', ...atAnchors, accuracy: 0.5 },
      { model: 'good', ...atAnchors },
    ];
    const result = perAnchored(models, { ...anchors, trivialAccuracy: 0.5 });
    expect(result.map(({ score, rank, flags }) => [score?.toFixed(2), rank, flags.map(flagId)])).toEqual([
      [undefined, undefined, ['failed']],
      [undefined, undefined, ['failed:THR']],
      [undefined, undefined, ['missing:MEM']],
      ['0.00', 2, ['below_trivial_baseline:ACC']],
      ['0.52', 1, []],
    ]);
  });
});

describe('anchors', () => {
  it("the paper's are geometric medians of its tables to two digits", () => {
    for (const task of Object.keys(paperAnchors.tasks)) {
      const { throughput, latency, memory, trivialAccuracy } = anchorsOf(paperAnchors, task) as Anchors;
      const frozen = freezeAnchors(
        rows.filter((row) => row.task === task),
        { trivialAccuracy, memoryBudget: memory },
      );
      expect([task, frozen]).toEqual([task, { trivialAccuracy, throughput, latency, memory }]);
    }
  });

  it('are frozen from a first run', () => {
    const measured = [1, 2, 4, 8].map((value) => ({
      accuracy: 0.5,
      throughput: value * 1.234,
      latency: 100 / value,
      memory: 1,
    }));
    expect(freezeAnchors(measured, { trivialAccuracy: 0.25, memoryBudget: 1e9 })).toEqual({
      trivialAccuracy: 0.25,
      throughput: 3.5,
      latency: 35,
      memory: 1e9,
    });
    expect(freezeAnchors(measured.slice(0, 3), { trivialAccuracy: 0, memoryBudget: 1 }).throughput).toBe(2.5);
    expect(() => freezeAnchors([], { trivialAccuracy: 0, memoryBudget: 1 })).toThrow('at least one measured model');
  });

  it('are checked', () => {
    const good = { trivialAccuracy: 0, throughput: 1, latency: 1, memory: 1 };
    expect(() => checkAnchors({ ...good, throughput: 0 })).toThrow('the anchor of throughput must be above 0, got 0');
    expect(() => checkAnchors({ ...good, trivialAccuracy: 1 })).toThrow('trivial accuracy must be in [0, 1), got 1');
    expect(anchorsOf(paperAnchors, 'toString')).toBeUndefined();
  });
});
