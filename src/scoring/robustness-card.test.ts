import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyWeightCurve } from './accuracy-weight-curve.ts';
import { anchorsOf, paperAnchors, type Anchors } from './anchors.ts';
import { kendallTauB } from '../stats/rank-inference.ts';
import {
  anchorLattice,
  weightLattice,
  type ValuedModel,
  nadirFlips,
  anchoredRobustness,
  paperRobustness,
} from './robustness-card.ts';
import { anchoredScore } from './per-anchored.ts';
import { perPaper } from './per-paper.ts';

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
      memory: Number(memory) * 2 ** 20,
    };
  });
const tasks = ['gsm8k', 'squad2', 'hellaswag', 'imdb', 'arc_easy'] as const;
const of = (task: string): readonly ValuedModel[] => rows.filter((row) => row.task === task);
const anchors = (task: string): Anchors => anchorsOf(paperAnchors, task) as Anchors;

// Expected values: computed independently in Python and JavaScript from the paper's tables, the misprint corrected.
describe('lattices', () => {
  it('have 84 weights and 125 anchors', () => {
    expect(weightLattice()).toHaveLength(84);
    for (const weights of weightLattice()) {
      expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
    expect(anchorLattice(anchors('gsm8k'))).toHaveLength(125);
  });

  it('winners over weights', () => {
    expect(paperRobustness(of('gsm8k')).weightWins).toEqual({
      'Qwen2.5-1.5B': 54,
      'Qwen2.5-0.5B': 12,
      'Qwen3-4B': 10,
      'Qwen2.5-3B': 8,
    });
    const anchored = Object.fromEntries(tasks.map((task) => [task, anchoredRobustness(of(task), anchors(task))]));
    expect(anchored['gsm8k']?.weightWins).toEqual({
      'Qwen2.5-0.5B': 35,
      'Qwen2.5-1.5B': 33,
      'Qwen3-4B': 11,
      'Qwen2.5-3B': 5,
    });
    expect(anchored['squad2']?.weightWins).toEqual({ 'Gemma-2-2B': 44, 'Qwen2.5-0.5B': 32, 'Qwen2.5-1.5B': 8 });
    expect(anchored['hellaswag']?.weightWins).toMatchObject({
      'Qwen2.5-0.5B': 45,
      'Qwen2.5-1.5B': 23,
      'Qwen2.5-32B': 8,
    });
    expect(anchored['imdb']?.weightWins).toEqual({ 'Qwen2.5-0.5B': 84 });
    expect(anchored['arc_easy']?.weightWins).toEqual({ 'Qwen2.5-0.5B': 44, 'Qwen2.5-1.5B': 40 });
    expect(tasks.map((task) => anchored[task]?.verdict)).toEqual([
      'depends on weights',
      'depends on weights',
      'depends on weights',
      'robust',
      'depends on weights',
    ]);
  });

  it('winners over anchors', () => {
    const wins = (task: string): unknown => anchoredRobustness(of(task), anchors(task)).anchorWins;
    expect(wins('gsm8k')).toEqual({ 'Qwen2.5-1.5B': 77, 'Qwen2.5-0.5B': 41, 'Qwen2.5-3B': 5, 'Qwen3-4B': 2 });
    expect(wins('squad2')).toEqual({ 'Gemma-2-2B': 75, 'Qwen2.5-0.5B': 32, 'Qwen2.5-1.5B': 18 });
    expect(wins('hellaswag')).toEqual({ 'Qwen2.5-0.5B': 57, 'Qwen2.5-1.5B': 56, 'Vicuna-13B': 12 });
    expect(wins('arc_easy')).toEqual({ 'Qwen2.5-0.5B': 69, 'Qwen2.5-1.5B': 56 });
    expect(wins('imdb')).toEqual({ 'Qwen2.5-0.5B': 125 });
  });

  it('winners without a factor', () => {
    expect(anchoredRobustness(of('gsm8k'), anchors('gsm8k')).withoutFactor).toEqual({
      accuracy: ['Qwen2.5-0.5B'],
      throughput: ['Qwen2.5-1.5B'],
      memory: ['Qwen2.5-3B'],
      latency: ['Qwen2.5-1.5B'],
    });
    expect(paperRobustness(of('gsm8k')).withoutFactor).toEqual({
      accuracy: ['Qwen2.5-0.5B'],
      throughput: ['Qwen2.5-32B'],
      memory: ['Qwen2.5-1.5B'],
      latency: ['Qwen2.5-1.5B'],
    });
  });
});

describe('accuracyWeightCurve', () => {
  const curve = (task: string): string[] =>
    anchoredRobustness(of(task), anchors(task)).accuracyWeightCurve.map(
      ({ to, model }) => `${model} to ${to.toFixed(2)}`,
    );

  it('has the known borders', () => {
    expect(curve('gsm8k')).toMatchInlineSnapshot(`
      [
        "Qwen2.5-0.5B to 0.18",
        "Qwen2.5-1.5B to 0.40",
        "Qwen2.5-3B to 0.44",
        "Qwen3-4B to 0.88",
        "Llama-3.1-70B to 1.00",
      ]
    `);
    expect(curve('arc_easy')).toMatchInlineSnapshot(`
      [
        "Qwen2.5-0.5B to 0.23",
        "Qwen2.5-1.5B to 0.74",
        "Qwen3-4B to 0.86",
        "Qwen2.5-32B to 0.96",
        "Llama-3.1-70B to 1.00",
      ]
    `);
    expect(curve('hellaswag')).toMatchInlineSnapshot(`
      [
        "Qwen2.5-0.5B to 0.22",
        "Qwen2.5-1.5B to 0.42",
        "Vicuna-13B to 0.48",
        "Llama-2-13B to 0.52",
        "Qwen2.5-32B to 0.83",
        "Qwen2.5-72B to 1.00",
      ]
    `);
  });

  it('names the winner at every weight', () => {
    const factor = fc.double({ min: 0.01, max: 1, noNaN: true });
    const models = fc.array(fc.record({ accuracy: factor, throughput: factor, latency: factor, memory: factor }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(models, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (all, weight) => {
        const list = all.map((factors, index) => ({ model: `m${index}`, factors }));
        const score = ({ factors }: (typeof list)[number]): number =>
          weight * Math.log(factors.accuracy) +
          ((1 - weight) / 3) * Math.log(factors.throughput * factors.latency * factors.memory);
        const segments = accuracyWeightCurve(list);
        const segment = segments.find(({ from, to }) => from <= weight && weight <= to);
        const winner = list.find(({ model }) => model === segment?.model);
        expect(winner && score(winner)).toBeCloseTo(Math.max(...list.map(score)), 9);
        expect(segments[0]?.from).toBe(0);
        expect(segments.at(-1)?.to).toBe(1);
      }),
    );
  });

  it('is empty where every model has a factor of 0', () => {
    expect(
      accuracyWeightCurve([{ model: 'a', factors: { accuracy: 0, throughput: 1, latency: 1, memory: 1 } }]),
    ).toEqual([]);
  });
});

describe('who else is in the set', () => {
  it('leave one out', () => {
    const { leaveOneOut } = paperRobustness(of('gsm8k'));
    for (const { omitted, tauB } of leaveOneOut) {
      const expected = { 'Llama-2-13B': 0.784698, 'Qwen2.5-72B': 0.912159 }[omitted] ?? 1;
      expect(tauB).toBeCloseTo(expected, 6);
    }
  });

  it('a newcomer that changes the winner', () => {
    const accuracyFlip = (task: string): unknown => nadirFlips(of(task)).find(({ factor }) => factor === 'accuracy');
    expect(accuracyFlip('gsm8k')).toEqual({
      factor: 'accuracy',
      beyond: expect.closeTo(0.189736, 6),
      winner: 'Qwen2.5-0.5B',
    });
    expect(accuracyFlip('hellaswag')).toEqual({
      factor: 'accuracy',
      beyond: expect.closeTo(0.298574, 6),
      winner: 'Qwen2.5-0.5B',
    });
    expect(accuracyFlip('squad2')).toEqual({
      factor: 'accuracy',
      beyond: expect.closeTo(0.0958643, 6),
      winner: 'Qwen2.5-0.5B',
    });
    expect(accuracyFlip('imdb')).toBeUndefined();
    expect(accuracyFlip('arc_easy')).toBeUndefined();
  });

  it('does so as soon as it is beyond, in every factor', () => {
    for (const task of tasks) {
      const models = of(task);
      const column = (factor: 'accuracy' | 'throughput' | 'latency' | 'memory'): number[] =>
        models.map((model) => model[factor]);
      const middle = {
        accuracy: Math.max(...column('accuracy')),
        throughput: Math.max(...column('throughput')),
        latency: Math.min(...column('latency')),
        memory: Math.min(...column('memory')),
      };
      const winnerWith = (
        factor: 'accuracy' | 'throughput' | 'latency' | 'memory',
        value: number,
      ): string | undefined => {
        const newcomer = { model: 'newcomer', ...middle, [factor]: value };
        const others = perPaper([...models, newcomer]).rows.filter(({ model }) => model !== 'newcomer');
        return others.toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0))[0]?.model;
      };
      const now = perPaper(models).rows.find(({ rank }) => rank === 1)?.model;
      for (const { factor, beyond, winner } of nadirFlips(models)) {
        const step = factor === 'accuracy' || factor === 'throughput' ? 0.999 : 1.001;
        expect([task, factor, winnerWith(factor, beyond / step)]).toEqual([task, factor, now]);
        expect([task, factor, winnerWith(factor, beyond * step)]).toEqual([task, factor, winner]);
      }
    }
  });

  it('agreement of PER-paper and PER-A', () => {
    const expected = { gsm8k: 0.845196, squad2: 0.872082, hellaswag: 0.599204, imdb: 0.912142, arc_easy: 0.752384 };
    for (const [task, tau] of Object.entries(expected)) {
      const paper = perPaper(of(task)).rows.map(({ score }) => score ?? 0);
      expect(
        kendallTauB(
          paper,
          of(task).map((row) => anchoredScore(row, anchors(task))),
        ),
      ).toBeCloseTo(tau, 6);
    }
    expect(kendallTauB([1, 1], [1, 2])).toBeUndefined();
    expect(() => kendallTauB([1], [])).toThrow('tau needs pairs, got 1 and 0');
  });

  it('needs enough models', () => {
    expect(() => paperRobustness(of('gsm8k').slice(0, 2))).toThrow('needs at least 3 models, got 2');
    expect(() => anchoredRobustness([], anchors('gsm8k'))).toThrow('needs at least one model');
  });
});
