import { expect, it, describe } from 'vitest';
import { minMax, perPaper, type PerPaperResult } from './per-paper.ts';
import * as fc from 'fast-check';
import { flagId, type ModelMetrics } from './factor.ts';

it('scales from 0 to 1, or turned round where less is better', () => {
  expect(minMax([10, 30, 20])).toEqual([0, 1, 0.5]);
  expect(minMax([10, 30, 20], { isLessBetter: true })).toEqual([1, 0, 0.5]);
});

it('gives 1 to all where all are equal', () => {
  expect(minMax([3, 3])).toEqual([1, 1]);
});

it('keeps the smallest numbers apart, and a range that overflows finite', () => {
  expect(minMax([1.5e-323, 2e-323])).toEqual([0, 1]);
  expect(minMax([5e-324, 0, 1e-323], { isLessBetter: true })).toEqual([0.5, 1, 0]);
  expect(minMax([-Number.MAX_VALUE, 0, Number.MAX_VALUE])).toEqual([0, 0.5, 1]);
});

it('refuses what is not finite, and says where', () => {
  expect(() => minMax([1, Number.NaN])).toThrow('minMax needs finite values, got NaN at 1');
});

const four: readonly ModelMetrics[] = [
  { model: 'a', accuracy: 0.5, throughput: 100, memory: 1000, latency: 10 },
  { model: 'b', accuracy: 0.7, throughput: 50, memory: 3000, latency: 20 },
  { model: 'c', accuracy: 0.9, throughput: 10, memory: 9000, latency: 60 },
  { model: 'd', accuracy: 0.6, throughput: 80, memory: 2000, latency: 15 },
];

/** Everything that is printed about a result. */
function printed({ rows, flags }: PerPaperResult): string {
  const lines = rows.map(({ model, score, rank, flags: own }) =>
    [rank ?? '-', model, score?.toFixed(3) ?? '-', ...own.map((flag) => `[${flagId(flag)}] ${flag.text}`)].join(' '),
  );
  return [...lines, ...flags.map((flag) => `set: [${flagId(flag)}] ${flag.text}`)].join('\n');
}

describe('perPaper', () => {
  // Expected values: computed independently in Python and JavaScript.
  it('scales each factor over the set and takes the geometric mean', () => {
    const { rows, flags, version } = perPaper(four);
    const expected = [
      { accuracy: 0, throughput: 1, memory: 1, latency: 1 },
      { accuracy: 0.5, throughput: 0.444444444444, memory: 0.75, latency: 0.8 },
      { accuracy: 1, throughput: 0, memory: 0, latency: 0 },
      { accuracy: 0.25, throughput: 0.777777777778, memory: 0.875, latency: 0.9 },
    ];
    for (const [index, factors] of expected.entries()) {
      for (const [factor, value] of Object.entries(factors)) {
        expect(rows[index]?.factors?.[factor as keyof typeof factors]).toBeCloseTo(value, 11);
      }
    }
    const scores = rows.map(({ score }) => score);
    expect(scores[0]).toBe(0);
    expect(scores[1]).toBeCloseTo(0.604275079471, 11);
    expect(scores[2]).toBe(0);
    expect(scores[3]).toBeCloseTo(0.625549275487, 11);
    expect(rows.map(({ rank }) => rank)).toEqual([3, 2, 3, 1]);
    expect(flags).toEqual([]);
    expect(version).toBe('PER-paper/1');
  });

  it('takes weights', () => {
    const weights = { accuracy: 1, throughput: 0, latency: 0, memory: 0 };
    const scores = perPaper(four, { weights }).rows.map(({ score }) => score);
    expect(scores[1]).toBeCloseTo(0.5, 12);
    expect(scores[2]).toBe(1);
    expect(() => perPaper(four, { weights: { ...weights, memory: 1 } })).toThrow('weights must add up to 1, got 2');
    expect(() => perPaper(four, { weights: { ...weights, memory: -1, accuracy: 2 } })).toThrow('at least 0, got -1');
  });
});

describe('what is degenerate, and what is printed about it', () => {
  it('no model', () => {
    expect(printed(perPaper([]))).toMatchInlineSnapshot(`"set: [no_valid_model] no valid model: no model was given"`);
  });

  it('no valid model', () => {
    const models = [
      { ...four[0], model: 'a', failure: 'the engine was killed' },
      { ...four[1], model: 'b', throughput: 0 },
    ];
    expect(printed(perPaper(models))).toMatchInlineSnapshot(`
      "- a - [failed] the engine was killed
      - b - [failed:THR] no request was answered
      set: [no_valid_model] no valid model: a: the engine was killed; b: no request was answered"
    `);
  });

  it('one model', () => {
    expect(printed(perPaper(four.slice(0, 1)))).toMatchInlineSnapshot(`
      "- a -
      set: [set_too_small] one model: no ranking"
    `);
  });

  it('two models', () => {
    expect(printed(perPaper(four.slice(0, 2)))).toMatchInlineSnapshot(`
      "1 a 0.000 [worst:ACC] worst ACC of the set: PER is 0
      1 b 0.000 [worst:THR] worst THR of the set: PER is 0 [worst:LAT] worst LAT of the set: PER is 0 [worst:MEM] worst MEM of the set: PER is 0
      set: [degenerate_set] PER (set-relative) is meaningless with 2 models"
    `);
  });

  it('three models', () => {
    expect(printed(perPaper(four.slice(0, 3)))).toMatchInlineSnapshot(`
      "2 a 0.000 [worst:ACC] worst ACC of the set: PER is 0
      1 b 0.604
      2 c 0.000 [worst:THR] worst THR of the set: PER is 0 [worst:LAT] worst LAT of the set: PER is 0 [worst:MEM] worst MEM of the set: PER is 0
      set: [small_set] PER (set-relative) means little with 3 models"
    `);
  });

  it('a flat factor', () => {
    const result = perPaper(four.map((model) => ({ ...model, throughput: 7 })));
    expect(result.rows.every(({ factors }) => factors?.throughput === 1)).toBe(true);
    expect(printed(result)).toMatchInlineSnapshot(`
      "3 a 0.000 [worst:ACC] worst ACC of the set: PER is 0
      1 b 0.740
      3 c 0.000 [worst:LAT] worst LAT of the set: PER is 0 [worst:MEM] worst MEM of the set: PER is 0
      2 d 0.666
      set: [flat:THR] THR equal: ignored in the ranking"
    `);
  });

  it('a range below noise', () => {
    const models = four.map((model, index) => ({ ...model, memory: 1000 + index }));
    expect(printed(perPaper(models, { margins: { memory: 1.6, throughput: 1 } }))).toMatchInlineSnapshot(`
      "2 a 0.000 [worst:ACC] worst ACC of the set: PER is 0
      1 b 0.587
      2 c 0.000 [worst:THR] worst THR of the set: PER is 0 [worst:LAT] worst LAT of the set: PER is 0
      2 d 0.000 [worst:MEM] worst MEM of the set: PER is 0
      set: [range_below_noise:MEM] MEM differences are within noise"
    `);
    expect(perPaper(models, { margins: { memory: 1.4 } }).flags).toEqual([]);
  });

  it('ties share a rank', () => {
    const models = [
      ...four,
      { ...four[1], model: 'twin of b' },
      { ...four[2], model: 'z', accuracy: 0.55, latency: 40 },
    ];
    expect(perPaper(models).rows.map(({ model, rank }) => `${model} ${rank}`)).toEqual([
      'a 4',
      'b 2',
      'c 4',
      'd 1',
      'twin of b 2',
      'z 4',
    ]);
  });

  it('a latency of 0', () => {
    const models = four.map((model, index) => (index === 0 ? { ...model, accuracy: 0.55, latency: 0 } : model));
    expect(printed(perPaper(models, { latencyResolution: { value: 1, unit: 'ms' } }))).toMatchInlineSnapshot(`
      "3 a 0.000 [lat_below_resolution:LAT] < 1 ms [worst:ACC] worst ACC of the set: PER is 0
      1 b 0.558
      3 c 0.000 [worst:THR] worst THR of the set: PER is 0 [worst:LAT] worst LAT of the set: PER is 0 [worst:MEM] worst MEM of the set: PER is 0
      2 d 0.522"
    `);
  });

  it('a factor that was not measured', () => {
    const models = [...four, { model: 'e', accuracy: 0.99, throughput: 1, latency: 99, missing: { memory: 'mmap' } }];
    expect(printed(perPaper(models))).toMatchInlineSnapshot(`
      "3 a 0.000 [worst:ACC] worst ACC of the set: PER is 0
      2 b 0.604
      3 c 0.000 [worst:THR] worst THR of the set: PER is 0 [worst:LAT] worst LAT of the set: PER is 0 [worst:MEM] worst MEM of the set: PER is 0
      1 d 0.626
      - e - [missing:MEM] MEM not measured (mmap)"
    `);
  });

  it('failed and incomplete models never enter a minimum or maximum', () => {
    const extreme = { accuracy: 0, throughput: 1e9, latency: 1e9, memory: 1e12 };
    const bad: readonly ModelMetrics[] = [
      { ...extreme, model: 'failed', failure: 'out of memory' },
      { ...extreme, model: 'nothing answered', throughput: 0 },
      { ...extreme, model: 'no latency', latency: undefined },
    ];
    expect(perPaper([...bad, ...four]).rows.slice(3)).toEqual(perPaper(four).rows);
  });

  it.each([
    [{ latency: Number.NaN }, 'a: latency must be a finite number of at least 0, got NaN'],
    [{ throughput: Infinity }, 'a: throughput must be a finite number of at least 0, got Infinity'],
    [{ memory: -1 }, 'a: memory must be a finite number of at least 0, got -1'],
    [{ accuracy: 58 }, 'a: accuracy must be a number from 0 to 1, got 58'],
    [{ accuracy: -0.1 }, 'a: accuracy must be a number from 0 to 1, got -0.1'],
  ])('refuses %o', (change, message) => {
    expect(() => perPaper([{ ...four[0], model: 'a', ...change }, ...four.slice(1)])).toThrow(message);
  });
});

describe('properties', () => {
  const positive = fc.double({ min: 0.01, max: 1e6, noNaN: true });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const modelsOf = (ratio: fc.Arbitrary<number>, amount: fc.Arbitrary<number>) =>
    fc
      .array(fc.record({ accuracy: ratio, throughput: amount, latency: amount, memory: amount }), {
        minLength: 2,
        maxLength: 20,
      })
      .map((rows) => rows.map((row, index) => ({ model: `m${index}`, ...row })));
  const models = modelsOf(share, positive);

  it('scores and factors are in [0, 1]', () => {
    fc.assert(
      fc.property(models, (rows) => {
        for (const { factors, score } of perPaper(rows).rows) {
          for (const value of [score, ...Object.values(factors ?? { none: Number.NaN })]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1 + 1e-12);
          }
        }
      }),
    );
  });

  it('a change of unit changes nothing', () => {
    // Values that differ by their last bits alone would lose that difference in another unit.
    const apart = modelsOf(
      fc.integer({ min: 0, max: 10_000 }).map((value) => value / 10_000),
      fc.integer({ min: 1, max: 1_000_000 }).map((value) => value / 100),
    );
    fc.assert(
      fc.property(apart, fc.double({ min: 0.01, max: 100, noNaN: true }), (rows, scale) => {
        const scaled = rows.map((row) => ({ ...row, throughput: row.throughput * scale, memory: row.memory * scale }));
        const before = perPaper(rows).rows;
        for (const [index, { score = -1 }] of perPaper(scaled).rows.entries()) {
          expect(Math.abs(score - (before[index]?.score ?? -2))).toBeLessThan(1e-6);
        }
      }),
    );
  });

  it('the order of the rows changes nothing', () => {
    fc.assert(
      fc.property(models, (rows) => {
        expect(perPaper(rows.toReversed()).rows.toReversed()).toEqual(perPaper(rows).rows);
      }),
    );
  });

  it('a newcomer that is nowhere the worst never reorders the others', () => {
    fc.assert(
      fc.property(models, share, share, share, share, (rows, a, t, l, m) => {
        const column = (factor: 'accuracy' | 'throughput' | 'latency' | 'memory'): number[] =>
          rows.map((row) => row[factor]);
        // Better bounds are free: up to twice the best of the set.
        const newcomer = {
          model: 'new',
          accuracy: Math.min(...column('accuracy')) * (1 - a) + a,
          throughput: Math.min(...column('throughput')) * (1 - t) + t * 2 * Math.max(...column('throughput')),
          latency: Math.max(...column('latency')) * (1 - l) + 0.002,
          memory: Math.max(...column('memory')) * (1 - m),
        };
        fc.pre(newcomer.latency <= Math.max(...column('latency')));
        const before = perPaper(rows).rows;
        const after = perPaper([...rows, newcomer]).rows;
        for (const [i, left] of before.entries()) {
          for (const [j, right] of before.entries()) {
            if ((left.score ?? 0) <= (right.score ?? 0) * (1 + 1e-6) + 1e-9) continue;
            expect(after[i]?.score ?? 0).toBeGreaterThanOrEqual((after[j]?.score ?? 0) * (1 - 1e-6));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
