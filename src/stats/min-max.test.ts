import { expect, it } from 'vitest';
import { minMax } from './min-max.ts';

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
