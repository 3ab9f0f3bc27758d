/**
 * Python's `random.Random(seed)`: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998) and the ways in which
 * CPython 3.11+ draws from it. lm-eval picks few-shot examples and orders documents with it.
 */
export interface PythonRandom {
  /** The next `bits` random bits, 1 to 32, as an unsigned number (`getrandbits`). */
  bits(bits: number): number;
  /** A float in [0, 1) with 53 random bits (`random`). */
  random(): number;
  /** An integer in [0, limit), `limit` at least 1 (`randrange(limit)`). */
  below(limit: number): number;
  /** `count` different positions out of `size`, in the order drawn (`sample(range(size), count)`). */
  sample(size: number, count: number): number[];
  /** Fisher-Yates from the end, in place (`shuffle`). */
  shuffle(values: unknown[]): void;
}

const length = 624;
const middle = 397;

/** `init_by_array` with a key of one word, which is how CPython seeds with an integer below 2**32. */
function initialState(seed: number): Uint32Array {
  const state = new Uint32Array(length);
  state[0] = 19_650_218;
  const at = (index: number): number => state[index] ?? 0;
  const mixed = (index: number): number => at(index - 1) ^ (at(index - 1) >>> 30);
  for (let index = 1; index < length; index += 1) state[index] = Math.imul(1_812_433_253, mixed(index)) + index;
  let position = 1;
  const advance = (): void => {
    position += 1;
    if (position < length) return;
    state[0] = at(length - 1);
    position = 1;
  };
  for (let step = 0; step < length; step += 1) {
    state[position] = (at(position) ^ Math.imul(mixed(position), 1_664_525)) + seed;
    advance();
  }
  for (let step = 0; step < length - 1; step += 1) {
    state[position] = (at(position) ^ Math.imul(mixed(position), 1_566_083_941)) - position;
    advance();
  }
  state[0] = 0x8000_0000;
  return state;
}

function twist(state: Uint32Array): void {
  for (let index = 0; index < length; index += 1) {
    const upper = (state[index] ?? 0) & 0x8000_0000;
    const lower = (state[(index + 1) % length] ?? 0) & 0x7fff_ffff;
    const odd = lower & 1 ? 0x9908_b0df : 0;
    state[index] = (state[(index + middle) % length] ?? 0) ^ ((upper | lower) >>> 1) ^ odd;
  }
}

function createTwister(seed: number): () => number {
  const state = initialState(seed);
  let position = length;
  return () => {
    if (position === length) {
      twist(state);
      position = 0;
    }
    let value = state[position] ?? 0;
    position += 1;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c_5680;
    value ^= (value << 15) & 0xefc6_0000;
    return (value ^ (value >>> 18)) >>> 0;
  };
}

/** Up to this pool size CPython copies the pool; above, it redraws what was drawn already. */
function copiedPoolLimit(count: number): number {
  return count > 5 ? 21 + 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 21;
}

/** @throws {RangeError} if the seed isn't an integer in [0, 2**32), or more is drawn than there is */
export function createPythonRandom(seed: number): PythonRandom {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) throw new RangeError(`seed ${seed} is out of range`);
  const next = createTwister(seed);
  const bits = (count: number): number => next() >>> (32 - count);

  const below = (limit: number): number => {
    if (!(limit >= 1)) throw new RangeError(`cannot draw below ${limit}`);
    const width = 32 - Math.clz32(limit);
    let value = bits(width);
    while (value >= limit) value = bits(width);
    return value;
  };

  const sampleByCopy = (size: number, count: number): number[] => {
    const pool = Array.from({ length: size }, (_, index) => index);
    return Array.from({ length: count }, (_, taken) => {
      const last = size - taken - 1;
      const chosen = below(last + 1);
      const value = pool[chosen] ?? 0;
      pool[chosen] = pool[last] ?? 0;
      return value;
    });
  };

  const sampleByRedraw = (size: number, count: number): number[] => {
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(below(size));
    return [...drawn];
  };

  return {
    bits,
    below,
    random: () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992,
    sample(size, count) {
      if (count > size) throw new RangeError(`cannot draw ${count} of ${size}`);
      return size <= copiedPoolLimit(count) ? sampleByCopy(size, count) : sampleByRedraw(size, count);
    },
    shuffle(values) {
      for (let index = values.length - 1; index > 0; index -= 1) {
        const other = below(index + 1);
        const value = values[index];
        values[index] = values[other];
        values[other] = value;
      }
    },
  };
}
