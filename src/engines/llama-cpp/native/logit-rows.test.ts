import { describe, expect, it } from 'vitest';
import { LogitRows } from './logit-rows.ts';

function randomRow(size: number, scale: number): Float32Array {
  let state = 12_345;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state / 2 ** 32 - 0.5) * scale;
  });
}

function exactLogSumExp(row: Float32Array): number {
  const max = row.reduce((left, right) => Math.max(left, right), -Infinity);
  return max + Math.log(row.reduce((sum, value) => sum + Math.exp(value - max), 0));
}

describe('LogitRows', () => {
  it.each([
    [1, 3],
    [17, 20],
    [49_152, 30],
    [151_936, 60],
    [262_144, 300],
  ])('agrees with float64 on %d logits over a range of %d', (size, scale) => {
    const row = randomRow(size, scale);
    const rows = new LogitRows(size);
    rows.load(row);
    const highest = row.reduce((left, right) => Math.max(left, right), -Infinity);
    expect(rows.highest()).toBe(highest);
    expect(rows.argmax(highest)).toBe(row.indexOf(highest));
    expect(Math.abs(rows.logSumExp(highest) - exactLogSumExp(row))).toBeLessThan(2e-7 * Math.max(1, Math.abs(highest)));
  });

  it('takes the first of equal logits', () => {
    const rows = new LogitRows(100);
    const row = new Float32Array(100).fill(-1);
    row[70] = 5;
    row[13] = 5;
    rows.load(row);
    expect(rows.argmax(rows.highest())).toBe(13);
  });

  it('finds the last logit of a row that is no multiple of a turn', () => {
    const rows = new LogitRows(37);
    const row = new Float32Array(37).fill(-1e30);
    row[36] = -1e29;
    rows.load(row);
    expect(rows.argmax(rows.highest())).toBe(36);
    expect(rows.logSumExp(rows.highest())).toBe(Math.fround(-1e29));
  });

  it('says -1 where no logit is a number', () => {
    const rows = new LogitRows(32);
    rows.load(new Float32Array(32).fill(Number.NaN));
    expect(rows.argmax(rows.highest())).toBe(-1);
  });
});
