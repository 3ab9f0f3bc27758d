import { describe, expect, it } from 'vitest';
import { anchors, evidence, fast, four, model, number, printed, small } from '../../test/setup/printed-scoreboard.ts';
import type { Measurement } from '../core/measurement.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { scoreTable } from '../formats/score-table.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';

describe('how many models there are', () => {
  it('none that is valid', () => {
    const killed = { code: 'PB_ENGINE', message: 'the engine was killed' };
    const cells = [model('a', { state: 'failed', error: killed }), model('b', { state: 'pending' })];
    expect(printed(cells)).toMatchInlineSnapshot(`
      "Not measured well enough to say; needed: the numbers that are missing or not valid.
        no valid model: a: the engine was killed; b: not finished
        a has no score: the engine was killed (PB_ENGINE)
        b has no score: not finished
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('one', () => {
    expect(printed([model('a')], { evidence: evidence(['a']) })).toMatchInlineSnapshot(`
      "a is usable; it is the only model that was measured.
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('two', () => {
    expect(printed([model('a'), model('b', fast)])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        PER (set-relative) is meaningless with 2 models
        ACC and MEM equal: ignored in the ranking
        PER is 0 for the worst model in any factor: a (THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('three', () => {
    expect(printed([model('a'), model('b', fast), model('c', small)])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        PER (set-relative) means little with 3 models
        PER is 0 for the worst model in any factor: b (MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });
});

describe('values that are equal or nearly so', () => {
  it('a factor that is the same for all', () => {
    const cells = four.map((cell) => ({
      ...cell,
      measurements: { ...cell.measurements, throughput: number(10, 'items/s') },
    }));
    expect(printed(cells)).toMatchInlineSnapshot(`
      "d is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        THR equal: ignored in the ranking
        PER is 0 for the worst model in any factor: d (LAT, MEM), b (MEM), a (LAT, MEM), c (ACC, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('differences within noise', () => {
    const cells = four.map((cell, index): ScoreboardCell => {
      const value = 2 ** 30 + index * 1e6;
      const interval = { low: value - 1e7, high: value + 1e7, level: 0.95, method: 't' };
      const memory: Measurement = { status: 'measured', value, unit: 'bytes', n: 3, warnings: [], interval };
      return { ...cell, measurements: { ...cell.measurements, memory } };
    });
    expect(printed(cells)).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        MEM differences are within noise
        PER is 0 for the worst model in any factor: d (THR, LAT, MEM), a (THR, LAT), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('exact ties share a rank, by name', () => {
    const cells = [model('y'), model('x'), model('best', fast), model('worst', small)];
    const [board] = createScoreboards(cells, { anchors });
    const ranks = board?.rows.map(({ model: name, anchored }) => `${anchored?.rank} ${name}`);
    expect(ranks).toEqual(['1 best', '2 x', '2 y', '4 worst']);
    expect(printed(cells)).toMatchInlineSnapshot(`
      "best is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        PER is 0 for the worst model in any factor: best (MEM), x (THR, LAT, MEM), y (THR, LAT, MEM), worst (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });
});

describe('numbers that are missing or impossible', () => {
  it('a latency below the resolution of the clock', () => {
    expect(printed([...four, model('instant', { latency: number(0, 'ms') })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        instant LAT: < 0.001 ms
        PER is 0 for the worst model in any factor: b (MEM), instant (THR, MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('nothing answered', () => {
    expect(printed([...four, model('mute', { throughput: number(0, 'items/s') })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        mute has no score: no request was answered
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('a metric that could not be measured', () => {
    const memory: Measurement = { status: 'unavailable', reason: 'unsupported', detail: 'mmap' };
    expect(printed([...four, model('mapped', { memory })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        mapped has no score: MEM not measured (mmap); PER-A(3) 0.531 without it, not ranked
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('NaN, negative and infinite values are refused', () => {
    for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(() => printed([model('a', { latency: number(value, 'ms') })])).toThrow(
        `a: latency must be a finite number of at least 0, got ${value}`,
      );
    }
    const table = 'model,accuracy,throughput,latency,memory_bytes\na,NaN,1,1,1\nb,0.5,-1,1,1\nc,0.5,1,1e999,1';
    expect(() => scoreTable(table, { file: 'table.csv' })).toThrowErrorMatchingInlineSnapshot(`
      [TableError: table.csv:2:accuracy: expected a number from 0 to 1, got "NaN"
      table.csv:3:throughput: expected a number of at least 0, got "-1"
      table.csv:4:latency: expected a number of at least 0, got "1e999"]
    `);
  });
});

describe('limits', () => {
  it('that nobody keeps', () => {
    expect(printed(four, { limits: { minAccuracy: 0.95, maxMemory: 2 ** 30 } })).toMatchInlineSnapshot(`
      "No model is usable.
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      Outside the limits
        b: accuracy 0.700: below the required accuracy (0.95)
        d: accuracy 0.900: below the required accuracy (0.95)
        a: accuracy 0.700: below the required accuracy (0.95)
        c: accuracy 0.400: below the required accuracy (0.95)
      "
    `);
  });
});

it('one warning of several models is one line that names them', () => {
  const busy = (share: string): Measurement =>
    number(10, 'items/s', [{ reason: 'host_busy', detail: `other processes took ${share} % of the CPU` }]);
  const cells = [
    model('a', {
      throughput: busy('9.5'),
      latency: number(90, 'ms', [{ reason: 'host_busy', detail: 'other processes took 7 % of the CPU' }]),
    }),
    model('b', { throughput: busy('12') }),
    model('c', { throughput: busy('31') }),
    model('d', { ...small }),
  ];
  expect(printed(cells)).toMatchInlineSnapshot(`
    "Not measured well enough to say; needed: the same run on a quiet machine.
    ! host_busy: a throughput, latency; b and c throughput (other processes took 7 to 31 % of the CPU)
      THR equal: ignored in the ranking
      PER is 0 for the worst model in any factor: a (MEM), b (LAT, MEM), c (LAT, MEM), d (ACC, LAT)
      anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
    "
  `);
});
