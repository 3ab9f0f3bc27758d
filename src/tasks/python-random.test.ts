import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPythonRandom } from './python-random.ts';

// Vectors: CPython 3.11's random.Random, and few-shot samples stored by lm_eval 0.4.13.
describe('createPythonRandom', () => {
  it('gives the words of MT19937 under the key [1234]', () => {
    const random = createPythonRandom(1234);
    const words = Array.from({ length: 4 }, () => random.bits(32));
    expect(words).toEqual([4150886329, 3342196574, 1892932127, 501869158]);
  });

  it.each([
    [
      7473,
      5,
      [
        [6374, 3610, 957, 61, 742],
        [7462, 6610, 4769, 286, 5501],
        [5677, 687, 806, 6279, 2905],
      ],
    ],
    [
      2251,
      5,
      [
        [1805, 478, 30, 371, 143],
        [343, 403, 1452, 969, 71],
        [126, 64, 1417, 1983, 1898],
      ],
    ],
    [
      39_905,
      10,
      [
        [28883, 7657, 490, 5940, 38156, 2288, 5500, 6450, 23241, 15519],
        [1142, 2019, 1038, 22681, 31735, 30379, 9735, 5982, 11999, 7498],
      ],
    ],
    [130_319, 1, [[126674], [101995], [57767]]],
  ])('samples from %i rows %i at a time as lm-eval does', (size, count, expected) => {
    const random = createPythonRandom(1234);
    expect(expected.map(() => random.sample(size, count))).toEqual(expected);
  });

  it('takes the other branch of sample() for small pools', () => {
    // random.Random(1234).sample(range(6), 5), then random.Random(1234).sample(range(85), 6)
    expect(createPythonRandom(1234).sample(6, 5)).toEqual([3, 0, 4, 5, 2]);
    expect(createPythonRandom(1234).sample(85, 6)).toEqual([56, 14, 0, 11, 74, 4]);
    expect(createPythonRandom(1234).sample(86, 6)).toEqual([56, 14, 0, 11, 74, 4]);
  });

  it('gives the floats and the order of random.Random(42)', () => {
    const random = createPythonRandom(42);
    expect([random.random(), random.random()]).toEqual([0.6394267984578837, 0.025010755222666936]);
    const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    createPythonRandom(42).shuffle(values);
    expect(values).toEqual([7, 3, 2, 8, 5, 6, 9, 4, 0, 1]);
  });

  it('draws different positions inside the pool, the same ones for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        (seed, size, n) => {
          const count = n % (size + 1);
          const drawn = createPythonRandom(seed).sample(size, count);
          expect(new Set(drawn).size).toBe(count);
          expect(drawn.every((position) => position >= 0 && position < size)).toBe(true);
          expect(createPythonRandom(seed).sample(size, count)).toEqual(drawn);
        },
      ),
    );
  });

  it('refuses what Python refuses', () => {
    expect(() => createPythonRandom(1).sample(3, 4)).toThrow('cannot draw 4 of 3');
    expect(() => createPythonRandom(1).below(0)).toThrow('cannot draw below 0');
    expect(() => createPythonRandom(-1)).toThrow('seed -1 is out of range');
    expect(() => createPythonRandom(0.5)).toThrow('out of range');
  });
});
