import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchors, launchesAround } from '../../test/setup/printed-scoreboard.ts';
import type { Interval, Measurement, Unit } from '../core/measurement.ts';
import { paperAnchors } from './anchors.ts';
import { createScoreboards } from './create-scoreboards.ts';
import { judgeScoreboard, type JudgeOptions } from './judge-scoreboard.ts';
import { scoreTable } from '../formats/score-table.ts';
import type { Scoreboard, ScoreboardCell, ScoreboardRow } from './scoreboard.ts';
import type { TaskEvidence } from './task-evidence.ts';
import type { AnswerFacts } from './answer.ts';

function measured(value: number, unit: Unit, interval?: readonly [number, number]): Measurement {
  const bounds: Interval | undefined = interval && { low: interval[0], high: interval[1], level: 0.95, method: 'test' };
  return { status: 'measured', value, unit, n: 3, warnings: [], ...(bounds && { interval: bounds }) };
}

interface Numbers {
  readonly accuracy: number;
  readonly throughput: number;
  readonly latency: number;
  readonly memory: number;
}

const cellOf = (model: string, { accuracy, throughput, latency, memory }: Numbers): ScoreboardCell => ({
  model,
  taskId: 'toy/per@1',
  protocol: 'serving',
  state: 'done',
  measurements: {
    accuracy: measured(accuracy, 'ratio'),
    throughput: measured(throughput, 'items/s', [throughput * 0.95, throughput * 1.05]),
    latency: measured(latency, 'ms', [latency * 0.95, latency * 1.05]),
    memory: measured(memory, 'bytes', [memory * 0.99, memory * 1.01]),
  },
});

const models: Readonly<Record<string, Numbers>> = {
  good: { accuracy: 0.75, throughput: 12, latency: 90, memory: 2 ** 29 },
  close: { accuracy: 0.745, throughput: 12, latency: 90, memory: 2 ** 29 },
  large: { accuracy: 0.8, throughput: 2, latency: 600, memory: 2 ** 32 },
};

const cells = Object.entries(models).map(([model, numbers]) => cellOf(model, numbers));
const [board] = createScoreboards(cells, { anchors }) as [Scoreboard];

const items = 400;
/** The first so many items are right: models answer the same ones. */
function evidence(launches = 3): TaskEvidence {
  return {
    models: Object.entries(models).map(([model, { accuracy, throughput, latency, memory }]) => ({
      model,
      scores: Float64Array.from({ length: items }, (_, item) => Number(item < accuracy * items)),
      launches: launchesAround({ throughput, latency, memory }, launches),
    })),
    clusters: undefined,
    items,
    answers: new Map(
      Object.entries(models).map(([model, { accuracy }]): [string, AnswerFacts] => [
        model,
        {
          items,
          right: accuracy * items,
          independentItems: items,
          unreadable: 0,
          firstUnreadable: undefined,
          labels: undefined,
        },
      ]),
    ),
    isInRounds: false,
    notes: [],
  };
}

const rowOf = ({ rows }: Scoreboard, model: string): ScoreboardRow =>
  rows.find((row) => row.model === model) as ScoreboardRow;
const judged = (options: JudgeOptions = {}): Scoreboard => judgeScoreboard(board, { evidence: evidence(), ...options });

describe('intervals and ranks', () => {
  it('give the required accuracy a range by the launches, where their spread is known', () => {
    const { requiredAccuracy = 0, requiredInterval } = rowOf(judged(), 'large');
    expect(requiredInterval?.low).toBeLessThan(0.999 * requiredAccuracy);
    expect(requiredInterval?.high).toBeGreaterThan(1.001 * requiredAccuracy);
    expect(rowOf(judged(), 'good').requiredInterval).toBeUndefined();
    const once = rowOf(judged({ evidence: evidence(1) }), 'large');
    expect(once).toMatchObject({ requiredAccuracy, requiredInterval: undefined });
    const candidate = judged().answer?.candidates.find(({ model }) => model === 'large');
    expect(candidate).toMatchObject({ requiredAccuracy, requiredInterval });
  });

  it('come from the answers, and tie what can not be told apart', () => {
    const result = judged();
    expect(result.inference).toMatchObject({ method: 'paired', resamples: 2000, withoutLaunchSpread: [] });
    const good = rowOf(result, 'good').ranking?.anchored;
    expect(good?.interval?.low).toBeLessThan(rowOf(result, 'good').anchored?.score ?? 0);
    expect(good?.interval?.high).toBeGreaterThan(rowOf(result, 'good').anchored?.score ?? 1);
    expect(result.rows.map(({ model, ranking }) => [model, ranking?.anchored?.isInTieGroup])).toEqual([
      ['good', true],
      ['close', true],
      ['large', false],
    ]);
    expect(rowOf(result, 'large').ranking?.anchored?.rankInterval).toEqual([3, 3]);
    expect(result.answer).toMatchObject({ kind: 'tie', models: ['good', 'close'] });
  });

  it('leave the interval out where performance is from one launch, and say so', () => {
    const result = judged({ evidence: evidence(1) });
    expect(result.inference?.withoutLaunchSpread).toEqual(['good', 'close', 'large']);
    expect(rowOf(result, 'good').ranking?.anchored).toMatchObject({ interval: undefined, isInTieGroup: true });
    expect(rowOf(result, 'large').ranking?.anchored?.rankSet).toEqual([1, 3]);
  });

  it('come from the intervals of the numbers where no answers are at hand', () => {
    const csv = [
      'model,accuracy,accuracy_n,throughput,throughput_low,throughput_high,latency,memory_bytes,task',
      'a,0.75,100000,12,11.9,12.1,90,1e9,toy',
      'b,0.5,100000,12,11.9,12.1,90,1e9,toy',
    ].join('\n');
    const [table] = scoreTable(csv, { anchors }).scoreboards as [Scoreboard];
    const result = judgeScoreboard(table);
    expect(result.inference).toMatchObject({ method: 'intervals', withoutLaunchSpread: ['a', 'b'] });
    expect(rowOf(result, 'a').ranking?.anchored?.topShare).toBeGreaterThan(0.95);
    const [bare] = scoreTable(csv.replaceAll('100000', '-'), { anchors }).scoreboards as [Scoreboard];
    expect(judgeScoreboard(bare).inference).toBeUndefined();
    expect(judgeScoreboard(bare).answer).toMatchObject({ kind: 'recommend', confidence: { level: 'unknown' } });
  });

  it('change no score', () => {
    const scores = ({ rows }: Scoreboard): unknown =>
      rows.map(({ model, score, rank, anchored }) => ({ model, score, rank, anchored }));
    expect(scores(judged({ pricePerHour: 2, showsCard: true }))).toEqual(scores(board));
  });
});

describe('limits', () => {
  const reasonsOf = ({ answer }: Scoreboard): unknown =>
    answer?.candidates.map(({ model, state, reasons }) => [model, state, reasons]);

  it('pass over who is beyond them, and leave it out of how sure the rest is', () => {
    const result = judged({ limits: { minAccuracy: 0.75, maxMemory: 2 ** 33 } });
    expect(result.answer).toMatchObject({ kind: 'unknown' });
    const near = judged({ limits: { minAccuracy: 0.7 } });
    expect(near.answer).toMatchObject({ kind: 'tie', models: ['good', 'close'] });
    const small = judged({ limits: { maxMemory: 2 ** 30 } });
    expect(reasonsOf(small)).toEqual([
      ['good', 'usable', []],
      ['close', 'usable', []],
      ['large', 'beyond-limits', ['memory 4 GiB is above 1 GiB']],
    ]);
  });

  it('say at which limit one would pass where none does', () => {
    const result = judged({ limits: { minAccuracy: 0.9, maxMemory: 2 ** 30 } });
    expect(result.answer?.kind).toBe('none');
    expect(result.answer?.largestGates).toMatchObject([
      { constraint: 'minAccuracy', model: 'good', limit: expect.closeTo(0.712, 3) as number },
    ]);
  });

  it('are not kept by what was not measured, and not surely kept inside an interval', () => {
    const result = judged({ limits: { maxLatencyP95: 100, maxLatency: 91 } });
    expect(result.answer?.candidates.find(({ model }) => model === 'good')?.checks).toMatchObject([
      { constraint: 'maxLatency', isPassed: true, isSure: false },
      { constraint: 'maxLatencyP95', value: undefined, limit: 100, isPassed: false, isSure: undefined },
    ]);
    expect(result.answer).toMatchObject({ kind: 'none' });
  });

  it('take the price of 1,000 answers from the price of an hour', () => {
    const result = judged({ pricePerHour: 3.6, limits: { maxPrice: 0.1 } });
    expect(rowOf(result, 'good').measurements.pricePerThousand).toMatchObject({
      value: expect.closeTo(1 / 12, 12) as number,
      unit: 'price/1000 items',
    });
    expect(rowOf(result, 'good').efficiency?.correctPerMoney).toBeCloseTo((0.75 * 12 * 3600) / 3.6, 6);
    expect(result.answer?.candidates.find(({ model }) => model === 'large')?.checks).toMatchObject([
      { constraint: 'maxPrice', limit: 0.1, isPassed: false },
    ]);
  });
});

const paperTable = scoreTable(
  readFileSync(new URL('../../data/paper.csv', import.meta.url), 'utf8').replace(
    /^(gsm8k,.*Mistral-7B,.*),3907,/mu,
    '$1,390.7,',
  ),
  { anchors: paperAnchors },
).scoreboards;
const gsm8k = paperTable.find(({ taskId }) => taskId === 'gsm8k') as Scoreboard;

// Expected values: computed independently in Python and JavaScript from the paper's table, the misprint corrected.
describe('on the paper’s GSM8K table', () => {
  const result = judgeScoreboard(gsm8k, { showsRequired: true, front: ['accuracy', 'throughput'], showsCard: true });

  it('gives required accuracies against the first', () => {
    const required = Object.fromEntries(result.rows.map(({ model, requiredAccuracy }) => [model, requiredAccuracy]));
    expect(required['Qwen2.5-1.5B']).toBeUndefined();
    expect(required['Qwen2.5-0.5B']).toBeCloseTo(0.433656, 6);
    expect(required['Qwen2.5-72B']).toBeCloseTo(55.4946, 4);
  });

  it('gives the front', () => {
    expect(
      result.front?.models
        .filter(({ isOnFront }) => isOnFront)
        .map(({ model }) => model)
        .toSorted(),
    ).toEqual(
      [
        'Qwen2.5-0.5B',
        'Qwen2.5-1.5B',
        'Qwen2.5-3B',
        'Qwen3-4B',
        'Llama-3.1-8B',
        'Qwen2.5-32B',
        'Llama-3.1-70B',
      ].toSorted(),
    );
  });

  it('gives the robustness card', () => {
    expect(result.card?.anchored?.weightWins).toEqual({
      'Qwen2.5-0.5B': 35,
      'Qwen2.5-1.5B': 33,
      'Qwen3-4B': 11,
      'Qwen2.5-3B': 5,
    });
    expect(result.card?.paper?.nadirFlips.find(({ factor }) => factor === 'accuracy')).toMatchObject({
      winner: 'Qwen2.5-0.5B',
      beyond: expect.closeTo(0.189736, 6) as number,
    });
  });
});

describe('weights', () => {
  it('are part of the version, unless they are the usual ones', () => {
    const weights = { accuracy: 0.4, throughput: 0.3, latency: 0.2, memory: 0.1 };
    const [own] = createScoreboards(cells, { anchors, weights }) as [Scoreboard];
    expect(own.versions).toEqual(['PER-paper/1/w0.4,0.3,0.2,0.1', 'PER-A/test/1/w0.4,0.3,0.2,0.1']);
    const equal = { accuracy: 0.25, throughput: 0.25, latency: 0.25, memory: 0.25 };
    expect(createScoreboards(cells, { anchors, weights: equal })[0]?.versions).toEqual(board.versions);
  });
});

describe('PER-A on a scoreboard', () => {
  const numbers = fc.record({
    accuracy: fc.double({ min: 0.3, max: 1, noNaN: true }),
    throughput: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    latency: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    memory: fc.double({ min: 1e6, max: 1e11, noNaN: true }),
  });
  const scoreOf = (all: readonly ScoreboardCell[], model: string): number | undefined =>
    rowOf(createScoreboards(all, { anchors })[0] as Scoreboard, model).anchored?.score;

  it('is unchanged by any change of the set, and by its order', () => {
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 6 }), numbers, (others, own) => {
        const crowd = others.map((values, index) => cellOf(`other ${index}`, values));
        const alone = scoreOf([cellOf('own', own)], 'own');
        expect(scoreOf([cellOf('own', own), ...crowd], 'own')).toBe(alone);
        expect(scoreOf([...crowd, cellOf('own', own)], 'own')).toBe(alone);
      }),
    );
  });

  it('rises with every improvement and stays in [0, 1)', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 1.01, max: 3, noNaN: true }), (own, better) => {
        const score = scoreOf([cellOf('own', own)], 'own') ?? Number.NaN;
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThan(1);
        for (const improved of [
          { ...own, throughput: own.throughput * better },
          { ...own, latency: own.latency / better },
          { ...own, memory: own.memory / better },
        ]) {
          expect(scoreOf([cellOf('own', improved)], 'own')).toBeGreaterThan(score);
        }
      }),
    );
  });
});
