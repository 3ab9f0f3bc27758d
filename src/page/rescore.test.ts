import { describe, expect, it } from 'vitest';
import type { Measurement, Unit } from '../core/measurement.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { judgeScoreboard } from '../scoring/judge-scoreboard.ts';
import type { Scoreboard, ScoreboardCell } from '../scoring/scoreboard.ts';
import { boardDecision, decide } from './decision.ts';
import { drawsOf, packDraws, unpackDraws } from './draws.ts';
import { normalWeights, rescore } from './rescore.ts';
import { boardSettings, choiceParams, choicesFrom, defaultChoices } from './settings.ts';

function measured(value: number, unit: Unit, half: number): Measurement {
  const interval = { low: value - half, high: value + half, level: 0.95, method: 'test' };
  return { status: 'measured', value, unit, n: 100, interval, warnings: [] };
}

function cell(model: string, accuracy: number, throughput: number, taskId = 'gsm8k/per@1'): ScoreboardCell {
  return {
    model,
    taskId,
    protocol: 'serving',
    state: 'done',
    measurements: {
      accuracy: measured(accuracy, 'ratio', 0.02),
      throughput: measured(throughput, 'items/s', throughput / 50),
      latency: measured(1000 / throughput, 'ms', 10 / throughput),
      memory: measured(2 ** 30 / throughput, 'bytes', 2 ** 20),
    },
  };
}

function boardOf(...cells: readonly ScoreboardCell[]): Scoreboard {
  const [board] = createScoreboards(cells).map((made) => judgeScoreboard(made));
  if (board === undefined) throw new Error('no scoreboard');
  return board;
}

const board = boardOf(cell('small', 0.4, 90), cell('middle', 0.6, 50), cell('large', 0.7, 30), cell('slow', 0.5, 10));
const equal = { accuracy: 0.25, throughput: 0.25, latency: 0.25, memory: 0.25 };

describe('rescore', () => {
  it('gives the scores of the scoreboard where nothing was changed', () => {
    const scores = rescore(board, undefined, { weights: equal, anchors: undefined, accuracyGate: 0 });
    for (const { model, score, rank } of board.rows) expect(scores.get(model)).toMatchObject({ score, rank });
  });

  it('keeps ranks and support in the resamples, and follows the weights', () => {
    const draws = drawsOf(board, undefined);
    const onSpeed = { accuracy: 0, throughput: 1, latency: 0, memory: 0 };
    const scores = rescore(board, draws, { weights: onSpeed, anchors: undefined, accuracyGate: 0 });
    expect(scores.get('small')).toMatchObject({ rank: 1, ranked: { topShare: 1, rankInterval: [1, 1] } });
    expect(scores.get('slow')?.ranked?.rankInterval).toEqual([4, 4]);
  });

  it('gives no score below the minimum accuracy, and lets no model win that may be below it', () => {
    const draws = drawsOf(board, undefined);
    const scores = rescore(board, draws, { weights: equal, anchors: undefined, accuracyGate: 0.6 });
    expect(scores.get('small')).toMatchObject({ isGated: true, score: undefined, rank: undefined });
    // Its accuracy is the minimum: it is below in about half of the resamples.
    const support = scores.get('middle')?.ranked?.topShare ?? 0;
    expect(support).toBeGreaterThan(0.3);
    expect(support).toBeLessThan(0.7);
  });

  it('makes weights of any numbers', () => {
    expect(normalWeights({ accuracy: 2, throughput: 1, latency: 1, memory: 0 }).accuracy).toBe(0.5);
    expect(normalWeights({ accuracy: 0, throughput: 0, latency: 0, memory: 0 })).toEqual(equal);
  });
});

describe('draws', () => {
  it('come out of the block of numbers as they went in, to the precision of its numbers', () => {
    const draws = drawsOf(board, undefined);
    const { places, numbers } = packDraws([undefined, draws]);
    const back = unpackDraws(places[1], numbers);
    expect(places[0]).toBeUndefined();
    expect(back?.models).toEqual(draws?.models);
    expect(back?.values.memory).toEqual(Float64Array.from(draws?.values.memory ?? [], Math.fround));
    expect(unpackDraws(places[1], numbers.subarray(1))).toBeUndefined();
  });
});

describe('choices in the address', () => {
  const defaults = defaultChoices([board]);

  it('come back as they were, and are empty by default', () => {
    const own = { ...defaults, weights: { ...equal, accuracy: 70 }, accuracyGate: 0.5, score: 'anchored' } as const;
    const params = new Map(Object.entries(choiceParams(own, defaults)));
    expect(choicesFrom(params, defaults)).toEqual(own);
    expect(Object.values(choiceParams(defaults, defaults)).join('')).toBe('');
  });

  it('are the default where they are nonsense', () => {
    const params = new Map([
      ['weights', '1_2_x_4'],
      ['gate', 'high'],
      ['score', 'best'],
      ['anchors', '1_2'],
    ]);
    expect(choicesFrom(params, defaults)).toEqual(defaults);
    expect(choicesFrom(new Map([['gate', '7']]), defaults).accuracyGate).toBe(1);
    expect(choicesFrom(new Map([['gate', '70%']]), defaults).accuracyGate).toBe(0.7);
  });

  it('move anchors by powers of two', () => {
    const own = { ...defaults, score: 'anchored', anchorSteps: { throughput: 1, latency: 0, memory: -1 } } as const;
    const still = boardSettings({ ...own, anchorSteps: defaults.anchorSteps }, board).anchors;
    const moved = boardSettings(own, board).anchors;
    expect(moved?.throughput).toBe((still?.throughput ?? 0) * 2);
    expect(moved?.memory).toBe((still?.memory ?? 0) / 2);
  });
});

describe('the decision', () => {
  const decisionOf = (own: Scoreboard): ReturnType<typeof boardDecision> =>
    boardDecision(own, rescore(own, drawsOf(own, undefined), { weights: equal, anchors: undefined, accuracyGate: 0 }));

  it('names who leads, over whom, and at what cost', () => {
    const clear = decisionOf(board);
    expect(clear).toMatchObject({ winner: 'middle', runnerUp: 'large', costs: ['10.0 points lower accuracy'] });
    expect(clear.advantages).toEqual(['1.67× higher throughput', '1.67× lower latency', '1.67× less memory']);
    expect(decide([clear]).headline).toBe('middle');
  });

  it('says when models are not distinguishable', () => {
    const close = boardOf(cell('a', 0.6, 50), cell('b', 0.601, 50.1), cell('c', 0.3, 60), cell('d', 0.7, 10));
    const decision = decide([decisionOf(close)]);
    expect(decision.headline).toMatch(/by a margin within noise$/u);
    expect(decision.detail).toContain('are not distinguishable');
  });

  it('speaks of the only model, of none, and of several tasks', () => {
    expect(decide([]).headline).toBe('Nothing was measured');
    expect(decide([boardDecision(boardOf(cell('alone', 0.5, 5)), new Map())]).headline).toBe(
      'No model can be recommended',
    );
    const one = decisionOf(board);
    expect(decide([one, one, { ...one, winner: 'large' }])).toMatchObject({
      headline: 'middle',
      detail: 'It leads on 2 of 3 tasks, each significantly.',
    });
    expect(decide([one, { ...one, winner: 'large' }]).headline).toBe('It depends on the task');
  });
});
