import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, randomOrder } from './random.ts';

// Expected values: computed by two independent implementations, in Python and in JavaScript.
describe('createRandom', () => {
  it('gives the known sequence', () => {
    const random = createRandom(42);
    const words = Array.from({ length: 5 }, () => random.nextUint32());
    expect(words).toEqual([660444221, 3652823732, 77672526, 910233633, 2297337756]);
  });

  it('draws below a bound', () => {
    const random = createRandom(7);
    expect(Array.from({ length: 5 }, () => random.below(1319))).toEqual([669, 121, 1135, 326, 788]);
  });

  it('fills as it draws', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const target = new Uint32Array(20);
        createRandom(seed).fillBelow(target, bound);
        const random = createRandom(seed);
        expect([...target]).toEqual(Array.from({ length: 20 }, () => random.below(bound)));
      }),
    );
    expect(() => createRandom(1).fillBelow(new Uint32Array(1), 0)).toThrow('bound must be an integer');
  });

  it('stays in range', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const random = createRandom(seed);
        const drawn = random.below(bound);
        const float = random.nextFloat();
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound && float >= 0 && float < 1).toBe(true);
      }),
    );
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 32])('refuses the seed %s', (seed) => {
    expect(() => createRandom(seed)).toThrow(`seed must be an integer from 0 to 4294967295, got ${seed}`);
  });

  it.each([0, -3, 0.5, 2 ** 33])('refuses the bound %s', (bound) => {
    expect(() => createRandom(1).below(bound)).toThrow('bound must be an integer from 1 to 4294967296');
  });
});

describe('randomOrder', () => {
  it('gives the known order', () => {
    expect([...randomOrder(10, 42)]).toEqual([3, 7, 4, 8, 2, 0, 9, 6, 5, 1]);
  });

  it('is a permutation', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(2 ** 32 - 1), (count, seed) => {
        const sorted = [...randomOrder(count, seed)].toSorted((left, right) => left - right);
        expect(sorted).toEqual([...Array(count).keys()]);
      }),
    );
  });
});
