import { describe, expect, it } from 'vitest';
import { createRandom } from '../../stats/random.ts';
import { createRowComparison } from './compare-rows.ts';

function rowOf(size: number, seed: number, spread = 8): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: size }, () => (random.nextFloat() - 0.5) * spread);
}

function logSoftmax(row: Float32Array): readonly number[] {
  const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
  return Array.from(row, (logit) => logit - Math.log(sum));
}

describe('two rows of logits', () => {
  it('have the divergence that the definition gives, and the log-probabilities of the token', () => {
    const [base, row] = [rowOf(1000, 1), rowOf(1000, 2)];
    const [p, q] = [logSoftmax(base), logSoftmax(row)];
    const expected = p.reduce((sum, own, token) => sum + Math.exp(own) * (own - (q[token] ?? 0)), 0);
    const found = createRowComparison(1000)(base, row, 7);
    expect(found.divergence).toBeCloseTo(expected, 12);
    expect(found.baseLogprob).toBeCloseTo(p[7] ?? 0, 12);
    expect(found.logprob).toBeCloseTo(q[7] ?? 0, 12);
    expect(found.isSameTop).toBe(p.indexOf(Math.max(...p)) === q.indexOf(Math.max(...q)));
  });

  it('have the divergence of two coins, worked out by hand', () => {
    const coin = (share: number): Float32Array => Float32Array.of(Math.log(share), Math.log(1 - share));
    const found = createRowComparison(2)(coin(0.75), coin(0.5), 0);
    expect(found.divergence).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 7);
  });

  it('have a divergence of exactly 0 where they are equal, however large', () => {
    const row = rowOf(262_144, 3, 60);
    expect(createRowComparison(row.length)(row, row.slice(), 5)).toMatchObject({ divergence: 0, isSameTop: true });
  });

  it('never have one below 0, also where they differ by less than rounding', () => {
    const compare = createRowComparison(64);
    for (let seed = 1; seed <= 500; seed += 1) {
      const base = rowOf(64, seed);
      const row = base.map((logit) => logit + 1000);
      const { divergence } = compare(base, row, 0);
      expect(divergence).toBeGreaterThanOrEqual(0);
      expect(divergence).toBeLessThan(1e-6);
    }
  });

  it('take the first of equally likely tokens', () => {
    const compare = createRowComparison(3);
    expect(compare(Float32Array.of(1, 1, 0), Float32Array.of(0, 1, 1), 0).isSameTop).toBe(false);
    expect(compare(Float32Array.of(1, 1, 0), Float32Array.of(1, 0, 1), 0).isSameTop).toBe(true);
  });

  it('may both rule a token out; where only the second does, or a logit is no number, there is no figure', () => {
    const compare = createRowComparison(3);
    const without = Float32Array.of(0, 0, -Infinity);
    expect(compare(without, without, 0).divergence).toBe(0);
    expect(compare(without, Float32Array.of(0, 0, 0), 0).divergence).toBeCloseTo(Math.log(1.5), 7);
    expect(compare(Float32Array.of(0, 0, 0), without, 0).divergence).toBe(Infinity);
    expect(compare(Float32Array.of(0, 0, Number.NaN), without, 0).divergence).toBeNaN();
    expect(compare(without, Float32Array.of(0, 0, Number.NaN), 0).divergence).toBeNaN();
  });
});
