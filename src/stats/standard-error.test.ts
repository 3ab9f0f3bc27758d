import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mcNemarTest } from './mcnemar.ts';
import { clusteredStandardError, pairedDifference, standardError } from './standard-error.ts';

// Expected values: computed independently in Python.
const tenScores = [1, 0, 1, 1, 0, 1, 0, 0, 1, 1];
const clusters = [0, 0, 0, 1, 1, 2, 2, 3, 3, 3];
const a = [1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0];
const b = [1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0];

describe('standard errors', () => {
  it('of independent values', () => {
    expect(standardError(tenScores)).toBeCloseTo(0.163299316186, 11);
    expect(() => standardError([1])).toThrow('a standard error needs at least 2 values, got 1');
  });

  it('of clustered values', () => {
    const result = clusteredStandardError(tenScores, clusters);
    expect(result.standardError).toBeCloseTo(0.0461880215352, 11);
    expect(result.standardError / Math.sqrt(4 / 3)).toBeCloseTo(0.04, 11);
    expect(result.clusters).toBe(4);
    expect(result.designEffect).toBeCloseTo(0.08, 11);
  });

  it('of clusters of one are those of independent values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 }), (values) => {
        const result = clusteredStandardError(values, [...values.keys()]);
        expect(result.standardError).toBeCloseTo(standardError(values), 12);
      }),
    );
  });

  it('refuse too little', () => {
    expect(() =>
      clusteredStandardError(
        tenScores,
        tenScores.map(() => 'same'),
      ),
    ).toThrow('at least 2 clusters, got 1');
    expect(() => clusteredStandardError(tenScores, [1])).toThrow('10 values need as many cluster labels, got 1');
  });
});

describe('pairs', () => {
  it('pairedDifference', () => {
    const result = pairedDifference(a, b);
    expect(result.difference).toBeCloseTo(0.25, 12);
    expect(result.standardError).toBeCloseTo(0.179435140641, 11);
    expect(() => pairedDifference([1, 2], [1])).toThrow('a pair needs the same items, got 2 and 1');
    expect(() => pairedDifference([1], [1])).toThrow('a paired difference needs at least 2 values, got 1');
  });

  it('mcNemarTest', () => {
    const onlyA = a.filter((value, index) => value > (b[index] as number)).length;
    const onlyB = a.filter((value, index) => value < (b[index] as number)).length;
    const result = mcNemarTest(onlyA, onlyB);
    expect(result).toMatchObject({ onlyA: 4, onlyB: 1 });
    expect(result.exact).toBeCloseTo(0.375, 12);
    expect(result.midP).toBeCloseTo(0.21875, 12);
    expect(mcNemarTest(0, 0)).toMatchObject({ exact: 1, midP: 1 });
    expect(mcNemarTest(3, 3).midP).toBeCloseTo(1, 12);
    expect(() => mcNemarTest(1.5, 0)).toThrow("McNemar's test needs counts, got 1.5");
  });
});
