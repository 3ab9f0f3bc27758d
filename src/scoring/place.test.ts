import { describe, expect, it } from 'vitest';
import { fastButUnproven } from '../../test/setup/judged-board.ts';
import { byPlace, placeOf } from './place.ts';

const board = fastButUnproven();

function places(own: typeof board): readonly (readonly unknown[])[] {
  return byPlace(own.rows, own).map((row) => {
    const { rank, isTied, isBest, ranks, support } = placeOf(row, own);
    return [row.model, rank, isTied, isBest, ranks !== undefined, support !== undefined];
  });
}

describe('a place', () => {
  it('is that of the answer: only the usable have a rank, and nobody is the best where it can’t tell', () => {
    expect(board.answer?.kind).toBe('unknown');
    expect(board.rows.map(({ model, anchored }) => [model, anchored?.rank])).toEqual([
      ['fast', 1],
      ['good', 2],
      ['fair', 3],
      ['wrong', 4],
    ]);
    expect(places(board)).toEqual([
      ['good', 1, false, false, true, true],
      ['fair', 2, false, false, true, true],
      ['fast', undefined, false, false, false, false],
      ['wrong', undefined, false, false, false, false],
    ]);
  });

  it('counts the usable alone in the shares of first places', () => {
    const shares = board.rows.map((row) => placeOf(row, board).support ?? 0);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('is tied where the answer names several', () => {
    const tied = fastButUnproven(190);
    expect(tied.answer?.kind).toBe('tie');
    expect(places(tied).map(([model, , isTied, isBest]) => [model, isTied, isBest])).toEqual([
      ['good', true, true],
      ['fair', true, true],
      ['fast', false, false],
      ['wrong', false, false],
    ]);
  });

  it('is that of the score where nobody answered', () => {
    const plain = { ...board, answer: undefined };
    expect(byPlace(plain.rows, plain)).toEqual(plain.rows);
    expect(places(plain).map(([model, rank, , isBest]) => [model, rank, isBest])).toEqual([
      ['fast', 1, true],
      ['good', 2, false],
      ['fair', 3, false],
      ['wrong', 4, false],
    ]);
  });
});
