import { describe, expect, it } from 'vitest';
import { comparedSides, parseSide, sideText, withA, withB } from './compared-sides.ts';

function compared(a: string, b: string, models: readonly string[] = ['one', 'two', 'three']): string {
  const sides = comparedSides(parseSide(a), parseSide(b), models);
  return sides.missing ?? `${sideText(sides.a)} ${sideText(sides.b)}`;
}

describe('the sides of a comparison', () => {
  it('are read and written as perbench compare has them', () => {
    expect(parseSide('run:hf:owner/name')).toEqual({ run: 'run', model: 'hf:owner/name' });
    expect(sideText(parseSide('run:hf:owner/name'))).toBe('run:hf:owner/name');
    expect(sideText(parseSide('run'))).toBe('run');
    expect(parseSide('')).toEqual({ run: '', model: '' });
  });

  it('are two runs as they were chosen', () => {
    expect(compared('x', 'y')).toBe('x y');
    expect(compared('x:one', 'y:two')).toBe('x:one y:two');
  });

  it('are two models of one run where B has no other', () => {
    expect(compared('x', '')).toBe('x:one x:two');
    expect(compared('x', 'x')).toBe('x:one x:two');
    expect(compared('x', 'x:one')).toBe('x:two x:one');
    expect(compared('x:two', 'x')).toBe('x:two x:one');
    expect(compared('x:two', 'x:three')).toBe('x:two x:three');
  });

  it('say what is missing', () => {
    expect(compared('', 'y')).toBe('');
    expect(comparedSides(parseSide('x'), parseSide(''), undefined).missing).toBe('');
    expect(compared('x', '', ['one'])).toBe('This run has one model. Choose another run for B.');
    expect(compared('x:two', 'x:two')).toBe('A and B are the same. Choose another model, or another run.');
  });

  it('change as they are shown, so that the other one stays what it was', () => {
    const asked = parseSide('x');
    const shown = comparedSides(asked, parseSide(''), ['one', 'two']);
    expect(withA(shown, parseSide('x:two'))).toEqual({ a: 'x:two', b: 'x:two' });
    expect(withA(shown, parseSide('y'))).toEqual({ a: 'y', b: '' });
    expect(withB(shown, parseSide('x:one'), asked)).toEqual({ a: 'x:one', b: 'x:one' });
    expect(withB(shown, parseSide('y'), asked)).toEqual({ a: 'x', b: 'y' });
    const two = comparedSides(parseSide('x:one'), parseSide('y'), ['one', 'two']);
    expect(withA(two, parseSide('z'))).toEqual({ a: 'z', b: 'y' });
  });
});
