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
  /** Fills with what as many calls of `below` would give; much faster. */
  fillBelow(target: Uint32Array, bound: number): void;
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
  // An array, not captured variables: those would be boxed at every step.
  const state = Int32Array.from({ length: 4 }, createSeeder(seed));

  function nextUint32(): number {
    const a = state[0] as number;
    const b = state[1] as number;
    const c = (state[2] as number) ^ a;
    const d = (state[3] as number) ^ b;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    state[0] = a ^ d;
    state[1] = b ^ c;
    state[2] = c ^ (b << 9);
    state[3] = (d << 11) | (d >>> 21);
    return result;
  }

  return {
    nextUint32,
    below(bound) {
      const limit = fairLimit(bound);
      let word = nextUint32();
      while (word >= limit) word = nextUint32();
      return word % bound;
    },
    nextFloat: () => nextUint32() / uint32Values,
    fillBelow(target, bound) {
      const limit = fairLimit(bound);
      // The same steps as nextUint32 on variables of its own, which stay in registers.
      let [a = 0, b = 0, c = 0, d = 0] = state;
      for (let index = 0; index < target.length;) {
        const product = Math.imul(b, 5);
        const word = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
        const shifted = b << 9;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = (d << 11) | (d >>> 21);
        if (word >= limit) continue;
        // The remainder, without the slow floating-point `%`; exact, since both are below 2^32.
        target[index] = word - Math.floor(word / bound) * bound;
        index += 1;
      }
      state.set([a, b, c, d]);
    },
  };
}

/** The largest multiple of the bound that 32 bits hold: words from there on would favour small results. */
function fairLimit(bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > uint32Values) {
    throw new RangeError(`bound must be an integer from 1 to 4294967296, got ${bound}`);
  }
  return uint32Values - (uint32Values % bound);
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

/** Draws from the standard normal distribution (Marsaglia's polar method). */
export function createNormalSource(random: Random): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * random.nextFloat() - 1;
      const y = 2 * random.nextFloat() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    }
  };
}

/**
 * Draws from gamma distributions with scale 1: the shape, above 0, is given with each draw.
 *
 * Source: Marsaglia and Tsang, ACM TOMS 26 (2000) 363-372; below shape 1 by the usual power of a uniform number.
 */
export function createGammaSource(random: Random): (shape: number) => number {
  const normal = createNormalSource(random);
  return function draw(shape: number): number {
    if (shape === 1) return -Math.log(1 - random.nextFloat());
    if (shape < 1) return draw(shape + 1) * (1 - random.nextFloat()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const cube = root ** 3;
      const uniform = 1 - random.nextFloat();
      if (Math.log(uniform) < 0.5 * x * x + d - d * cube + d * Math.log(cube)) return d * cube;
    }
  };
}
