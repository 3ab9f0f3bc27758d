import { describe, expect, it } from 'vitest';
import { evidence, four, model, number, printed } from '../../test/setup/printed-scoreboard.ts';
import type { Measurement } from '../core/measurement.ts';
import { accuracyMeasurement } from '../metrics/accuracy.ts';
import { overLaunches } from '../metrics/launches.ts';

describe('answers', () => {
  const summary = {
    items: 1319,
    scoreSum: 900,
    scoreSquareSum: 900,
    failed: 0,
    unparsed: 0,
    truncated: 0,
    thinkingTokens: 0,
    thoughtful: 0,
    budgetCut: 0,
    contentFiltered: 0,
    promptTokens: 1,
    outputTokens: 1,
  };
  const accuracyOf = (change: Partial<typeof summary>, right: number): Measurement => {
    const counted = { ...summary, scoreSum: right, scoreSquareSum: right, ...change };
    const scores = Array.from({ length: counted.items }, (_, index) => Number(index < right));
    return accuracyMeasurement(counted, { scores, clusters: undefined }, { chance: 0.25 });
  };

  it('that failed in more than one of a hundred items make the accuracy invalid', () => {
    expect(printed([...four, model('e', { accuracy: accuracyOf({ failed: 14 }, 900) })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
      ! e has no score: ACC is invalid: 14 of 1319 items failed and count as wrong
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('that failed in few items count as wrong, and are counted', () => {
    expect(printed([...four, model('e', { accuracy: accuracyOf({ failed: 12 }, 900) })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), e (THR, LAT, MEM), c (ACC, THR, LAT)
      ~ some_failed: e accuracy (12 of 1319 items failed)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('that could not be read cast doubt on the accuracy', () => {
    expect(printed([...four, model('e', { accuracy: accuracyOf({ unparsed: 100 }, 900) })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
      ! unparsed: e accuracy (7.6 % of the outputs had no recognizable answer)
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), e (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('no better than the trivial one', () => {
    expect(printed([...four, model('e', { accuracy: number(0.25, 'ratio') })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        e ACC: not better than always giving the same answer
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (THR, LAT), e (ACC, THR, LAT, MEM)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
      "
    `);
  });

  it('that are all right are never ± 0', () => {
    const accuracy = accuracyOf({ items: 50 }, 50);
    expect(accuracy).toMatchObject({ interval: { low: expect.closeTo(0.928652400867, 9) as number, high: 1 } });
    expect(printed([...four, model('e', { accuracy })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        PER is 0 for the worst model in any factor: b (MEM), e (THR, LAT, MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), c (ACC, THR, LAT)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('of which there are few', () => {
    expect(printed([...four, model('e', { accuracy: accuracyOf({ items: 20 }, 12) })])).toMatchInlineSnapshot(`
      "b is first; how sure that is can't be said: there are neither per-item answers nor intervals.
        PER is 0 for the worst model in any factor: b (MEM), d (THR, LAT, MEM), a (THR, LAT, MEM), e (THR, LAT, MEM), c (ACC, THR, LAT)
      ~ small_sample: e accuracy (only 20 items)
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });

  it('to all 40 items of a data set of one’s own: exact for these, wide for new ones', () => {
    const cells = ['a', 'b'].map((name) => model(name, { accuracy: accuracyOf({ items: 40 }, 30) }));
    const options = { task: { items: 40 }, evidence: evidence(['a', 'b'], 40) };
    expect(printed(cells, options)).toMatchInlineSnapshot(`
      "a and b are practically equal: take either.
        PER (set-relative) is meaningless with 2 models
        ACC, THR, LAT and MEM equal: ignored in the ranking
        =: not distinguishable from the best
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        ranks and P(1st): from 2000 bootstrap resamples of items and launches
        95 % confidence intervals: [low, high], or ± half the width; that of accuracy is for new items of this kind; for exactly these 40 items accuracy is exact, without an interval
      "
    `);
  });

  it('to a part of a benchmark', () => {
    const cells = ['a', 'b'].map((name) => model(name, { accuracy: accuracyOf({ items: 100 }, 70) }));
    expect(printed(cells, { task: { items: 400 } })).toMatchInlineSnapshot(`
      "a and b are practically equal: take either.
        PER (set-relative) is meaningless with 2 models
        ACC, THR, LAT and MEM equal: ignored in the ranking
        =: not distinguishable from the best
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        ranks and P(1st): from 2000 draws from the intervals, independent between models
        throughput or latency of a and b has no interval: no score intervals, no significant differences, P(1st) assumes 20 % between launches
        95 % confidence intervals: [low, high], or ± half the width; that of accuracy is for new items of this kind; for this benchmark itself, of which 100 of 400 items were evaluated, it is 0.87 of that (finite population)
      "
    `);
  });
});

describe('launches', () => {
  it('one', () => {
    const cells = ['a', 'b'].map((name) => model(name, { throughput: overLaunches([10], 'items/s', []) }));
    const options = {
      evidence: evidence(['a', 'b'], 100, 1),
    };
    expect(printed(cells, options)).toMatchInlineSnapshot(`
      "a and b are practically equal: take either.
        PER (set-relative) is meaningless with 2 models
        ACC, THR, LAT and MEM equal: ignored in the ranking
      ~ one_launch: a and b throughput (measured in a single launch, so the spread between launches is unknown)
        =: not distinguishable from the best
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        ranks and P(1st): from 2000 bootstrap resamples of items and launches
        performance of a and b comes from a single launch: no score intervals, no significant differences, P(1st) assumes 20 % between launches
      "
    `);
  });

  it('two, and too few of them to share a spread', () => {
    const throughput = overLaunches([10, 10.1], 'items/s', []);
    expect(throughput).toMatchObject({ interval: { method: 't over 2 launches' } });
    const notes = ["the spread between launches is each model's own, from few launches (df 1)"];
    const cells = ['a', 'b'].map((name) => model(name, { throughput }));
    const own = evidence(['a', 'b'], 100, 2);
    expect(printed(cells, { evidence: { ...own, notes } })).toMatchInlineSnapshot(`
      "a and b are practically equal: take either.
        PER (set-relative) is meaningless with 2 models
        ACC, THR, LAT and MEM equal: ignored in the ranking
        =: not distinguishable from the best
        anchors of PER-A: accuracy 0.250 scores 0; 10.0 items/s, 100 ms and 1.00 GiB score 0.5 each
        ranks and P(1st): from 2000 bootstrap resamples of items and launches
        the spread between launches is each model's own, from few launches (df 1)
        95 % confidence intervals: [low, high], or ± half the width
      "
    `);
  });
});
