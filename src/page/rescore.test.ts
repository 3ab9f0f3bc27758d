import { describe, expect, it } from 'vitest';
import type { Limits } from '../core/limits.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { judgeScoreboard } from '../scoring/judge-scoreboard.ts';
import type { Scoreboard, ScoreboardCell } from '../scoring/scoreboard.ts';
import { drawsOf, packDraws, unpackDraws } from './draws.ts';
import { limitStops, stopOf, typedLimit } from './limit-stops.ts';
import { normalWeights, rescore } from './rescore.ts';
import { boardSettings, boundText, choiceParams, choicesFrom, defaultChoices } from './settings.ts';

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
const free = { limits: {}, pricePerHour: undefined };
const equal = { accuracy: 0.25, throughput: 0.25, latency: 0.25, memory: 0.25 };

describe('rescore', () => {
  it('gives the scores of the scoreboard where nothing was changed', () => {
    const scores = rescore(board, undefined, { weights: equal, anchors: undefined, ...free });
    for (const { model, score, rank } of board.rows) expect(scores.get(model)).toMatchObject({ score, rank });
  });

  it('keeps ranks and support in the resamples, and follows the weights', () => {
    const draws = drawsOf(board, undefined);
    const onSpeed = { accuracy: 0, throughput: 1, latency: 0, memory: 0 };
    const scores = rescore(board, draws, { weights: onSpeed, anchors: undefined, ...free });
    expect(scores.get('small')).toMatchObject({ rank: 1, ranked: { topShare: 1, rankInterval: [1, 1] } });
    expect(scores.get('slow')?.ranked?.rankInterval).toEqual([4, 4]);
  });

  it('calls no model better or worse whose launches have no known spread', () => {
    const draws = drawsOf(board, undefined);
    const settings = { weights: equal, anchors: undefined, ...free };
    const setOf = (withoutLaunchSpread: readonly string[]) => {
      const inference = {
        method: 'paired',
        resamples: 2,
        seed: 1,
        atBoundary: [],
        notes: [],
        withoutLaunchSpread,
      } as const;
      return rescore({ ...board, inference }, draws, settings).get('small')?.ranked;
    };
    expect(setOf([])?.rankSet).not.toEqual([1, 4]);
    expect(setOf([])?.interval).toBeDefined();
    expect(setOf(['small'])).toMatchObject({ rankSet: [1, 4], interval: undefined });
  });

  it('gives no score beyond a limit, and lets no model win that may be beyond it', () => {
    const draws = drawsOf(board, undefined);
    const limited = { weights: equal, anchors: undefined, pricePerHour: undefined };
    const scores = rescore(board, draws, { ...limited, limits: { minAccuracy: 0.6 } });
    expect(scores.get('small')).toMatchObject({ score: undefined, rank: undefined });
    expect(scores.get('small')?.missed).toMatchObject([{ constraint: 'minAccuracy', value: 0.4 }]);
    // Its accuracy is the minimum: it is below in about half of the resamples.
    const support = scores.get('middle')?.ranked?.topShare ?? 0;
    expect(support).toBeGreaterThan(0.3);
    expect(support).toBeLessThan(0.7);
  });

  it('limits memory, latency and price as well, in the resamples too', () => {
    const draws = drawsOf(board, undefined);
    const anchors = { trivialAccuracy: 0, throughput: 50, latency: 20, memory: 2 ** 30 / 50 };
    const settings = { weights: equal, anchors, pricePerHour: 3.6 };
    const scored = (limits: Limits): readonly string[] =>
      [...rescore(board, draws, { ...settings, limits }).values()].flatMap(({ model, score }) =>
        score === undefined ? [] : [model],
      );
    expect(scored({ maxMemory: 2 ** 30 / 40 }).toSorted()).toEqual(['middle', 'small']);
    expect(scored({ maxLatency: 15 })).toEqual(['small']);
    // A device-second costs 0.001: 1,000 answers at 50 a second cost 0.02.
    expect(scored({ maxPrice: 0.02 }).toSorted()).toEqual(['middle', 'small']);
    const atLimit = rescore(board, draws, { ...settings, limits: { maxPrice: 0.02 } });
    const onAccuracy = { ...settings, weights: { accuracy: 1, throughput: 0, latency: 0, memory: 0 } };
    expect(atLimit.get('large')?.missed).toHaveLength(1);
    // It is the more accurate of the two, and beyond the limit in about half of the resamples.
    const support = rescore(board, draws, { ...onAccuracy, limits: { maxPrice: 0.02 } }).get('middle')?.ranked
      ?.topShare;
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
    const own = {
      ...defaults,
      weights: { ...equal, accuracy: 70 },
      limits: { minAccuracy: 0.5, maxMemory: 1.5 * 2 ** 30, maxLatency: 800, maxPrice: 0.05 },
      pricePerHour: 1.2,
      score: 'anchored',
    } as const;
    const params = new Map(Object.entries(choiceParams(own, defaults)));
    expect(choicesFrom(params, defaults)).toEqual(own);
    expect(Object.values(choiceParams(defaults, defaults)).join('')).toBe('');
    expect(choiceParams(own, defaults)).toMatchObject({
      minAccuracy: '0.5',
      maxMemory: '1.5GiB',
      maxLatency: '800ms',
      maxPrice: '0.05',
      price: '1.2',
    });
  });

  it('take a limit of the report away when they say so', () => {
    const limited = { ...defaults, limits: { minAccuracy: 0.5, maxLatencyP95: 900 } };
    const freed = { ...limited, limits: { minAccuracy: undefined, maxLatencyP95: 900 } };
    const params = new Map(Object.entries(choiceParams(freed, limited)));
    expect(params.get('minAccuracy')).toBe('none');
    expect(choicesFrom(params, limited)).toEqual(freed);
  });

  it('are the default where they are nonsense', () => {
    const params = new Map([
      ['weights', '1_2_x_4'],
      ['minAccuracy', 'high'],
      ['maxMemory', '2 apples'],
      ['maxLatency', '-5ms'],
      ['price', '0'],
      ['score', 'best'],
      ['anchors', '1_2'],
    ]);
    expect(choicesFrom(params, defaults)).toEqual(defaults);
    expect(choicesFrom(new Map([['minAccuracy', '7']]), defaults).limits).toEqual({});
    expect(choicesFrom(new Map([['minAccuracy', '70%']]), defaults).limits).toEqual({ minAccuracy: 0.7 });
  });

  it('move anchors by powers of two', () => {
    const own = { ...defaults, score: 'anchored', anchorSteps: { throughput: 1, latency: 0, memory: -1 } } as const;
    const still = boardSettings({ ...own, anchorSteps: defaults.anchorSteps }, board).anchors;
    const moved = boardSettings(own, board).anchors;
    expect(moved?.throughput).toBe((still?.throughput ?? 0) * 2);
    expect(moved?.memory).toBe((still?.memory ?? 0) / 2);
  });
});

describe('sliders of limits', () => {
  it('stand at round bounds, from one that only the best keeps to none', () => {
    const memory = limitStops([board], 'maxMemory', undefined) ?? [];
    expect(memory.at(-1)).toBeUndefined();
    const texts = memory.flatMap((stop) => (stop === undefined ? [] : [boundText('maxMemory', stop)]));
    // From 11.4 MiB to 102.4 MiB.
    expect(texts).toEqual([
      '10MiB',
      '12MiB',
      '15MiB',
      '20MiB',
      '25MiB',
      '30MiB',
      '40MiB',
      '50MiB',
      '60MiB',
      '80MiB',
      '100MiB',
      '120MiB',
    ]);
    const latency = limitStops([board], 'maxLatency', undefined) ?? [];
    expect([latency[0], latency.at(-2)]).toEqual([10, 100]);
    expect(limitStops([board], 'minAccuracy', undefined)?.slice(0, 3)).toEqual([undefined, 0.01, 0.02]);
    expect(limitStops([board], 'maxPrice', undefined)).toBeUndefined();
    expect(limitStops([board], 'maxPrice', 3.6)?.slice(0, 2)).toEqual([0.01, 0.012]);
  });

  it('stand at the next stop for a typed bound, and at the end for none', () => {
    const stops = [10, 20, 50, undefined];
    expect([5, 12, 50, 70, undefined].map((bound) => stopOf(stops, bound))).toEqual([0, 1, 2, 2, 3]);
    expect(stopOf([undefined, 0.01, 0.02], undefined)).toBe(0);
  });

  it('read what is typed in the grammar of limits', () => {
    expect(typedLimit('maxMemory', '2 GiB')).toEqual({ bound: 2 ** 31 });
    expect(typedLimit('minAccuracy', '70%')).toEqual({ bound: 0.7 });
    expect(typedLimit('maxLatency', ' ')).toEqual({ bound: undefined });
    expect(typedLimit('maxLatency', '2 apples')).toEqual({ expected: 'a time such as 500ms or 1.5s' });
  });
});
