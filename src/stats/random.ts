/** A repeatable source of random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Uniform over 0 to 2^32 - 1. */
  nextUint32(): number;
  /**
   * Uniform over 0 to `bound` - 1, without bias.
   *
   * @throws {RangeError} if `bound` isn't an integer from 1 to 2^32
   */
  below(bound: number): number;
  /** Uniform in [0, 1), in steps of 2^-32. */
  nextFloat(): number;
}

const uint32Values = 2 ** 32;

/** One state word for each call; only used to spread a small seed over the whole state. */
function createSeeder(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
}

/**
 * The generator behind every random order and every bootstrap: xoshiro128**, its four state words being the first
 * outputs of splitmix32.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators"; not fit for secrets.
 *
 * @param seed integer from 0 to 2^32 - 1
 * @throws {RangeError} if the seed is none
 */
export function createRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed >= uint32Values) {
    throw new RangeError(`seed must be an integer from 0 to 4294967295, got ${seed}`);
  }
  const nextWord = createSeeder(seed);
  let [a, b, c, d] = [nextWord(), nextWord(), nextWord(), nextWord()];

  function nextUint32(): number {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  }

  return {
    nextUint32,
    below(bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > uint32Values) {
        throw new RangeError(`bound must be an integer from 1 to 4294967296, got ${bound}`);
      }
      const limit = uint32Values - (uint32Values % bound);
      let word = nextUint32();
      while (word >= limit) word = nextUint32();
      return word % bound;
    },
    nextFloat: () => nextUint32() / uint32Values,
  };
}

/**
 * The numbers 0 to `count` - 1 in a random order (Fisher-Yates from the end).
 *
 * @throws {RangeError} if the seed is no integer from 0 to 2^32 - 1
 */
export function randomOrder(count: number, seed: number): Uint32Array {
  const random = createRandom(seed);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}
