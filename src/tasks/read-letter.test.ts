import { describe, expect, it } from 'vitest';
import { choiceLetter, parseLetter } from './read-letter.ts';

describe('parseLetter', () => {
  it.each([
    ['B', 1],
    [' b', 1],
    ['(C)', 2],
    ['[D].', 3],
    ['**A**', 0],
    ['A:', 0],
    ['The answer is C.', 2],
    ['the correct answer is: D', 3],
    ['Answer: (B) because', 1],
    ['The answer is **B**', 1],
    ['ANSWER: D', 3],
    ['The answer is A, no, the answer is B', 1],
    ['C. photosynthesis', 2],
    ['I think B', 1],
    ['A plant needs light, so D', 3],
    ["D'Artagnan chose C", 2],
    ['The answer is a plant. So B', 1],
  ])('reads %j', (text, position) => {
    expect(parseLetter(text, 4)).toBe(position);
  });

  it.each(['', 'photosynthesis', 'A plant', 'the answer is unknown', 'E', 'F', '(E)', 'ABCD', '42', "A's"])(
    'reads nothing out of %j',
    (text) => {
      expect(parseLetter(text, 4)).toBeUndefined();
    },
  );

  it('knows the fifth letter where five choices are shown, and no fourth where three are', () => {
    expect(parseLetter('E', 5)).toBe(4);
    expect(parseLetter('D', 3)).toBeUndefined();
  });

  it('reads back every letter that it shows', () => {
    expect([0, 1, 2, 3, 4].map((position) => parseLetter(choiceLetter(position), 5))).toEqual([0, 1, 2, 3, 4]);
  });
});
