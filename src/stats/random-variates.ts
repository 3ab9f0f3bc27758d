import type { Random } from './random.ts';

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
 * Draws from the gamma distribution with scale 1, for shapes of at least 1/2.
 *
 * Source: Marsaglia and Tsang 2000; below shape 1 by the usual power of a uniform number.
 */
function drawGamma(shape: number, random: Random, normal: () => number): number {
  if (shape < 1) return drawGamma(shape + 1, random, normal) * (1 - random.nextFloat()) ** (1 / shape);
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
}

/**
 * Draws from Student's t distribution.
 *
 * @param degrees at least 1
 */
export function createStudentSource(degrees: number, random: Random): () => number {
  if (!(degrees >= 1)) throw new RangeError(`a t distribution needs at least 1 degree of freedom, got ${degrees}`);
  const normal = createNormalSource(random);
  return () => normal() / Math.sqrt((2 * drawGamma(degrees / 2, random, normal)) / degrees);
}
