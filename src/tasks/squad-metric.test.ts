import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedGolds, normalizeSpan, spanExact, spanF1 } from './squad-metric.ts';

describe('normalizeSpan', () => {
  it.each([
    ['The  Normans!', 'normans'],
    ['an apple a day', 'apple day'],
    ['The.', ''],
    ['María', 'maría'],
    ['Á la carte', 'á la carte'],
    ['a\u0301', '\u0301'],
    ['one\u00a0two\u0085three\u001cfour', 'one two three four'],
    ['zero\ufeffwidth', 'zero\ufeffwidth'],
    ['U.S.-based «firm»', 'usbased «firm»'],
    ['the_a', 'thea'],
  ])('turns %j into %j', (text, normal) => {
    expect(normalizeSpan(text)).toBe(normal);
  });

  it('changes nothing the second time, articles made of punctuation aside', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = normalizeSpan(text);
        fc.pre(!/(?:^| )(?:a|an|the)(?: |$)/u.test(once));
        expect(normalizeSpan(once)).toBe(once);
      }),
    );
  });
});

describe('countedGolds', () => {
  it('drops golds without content, and means "no answer" where none is left', () => {
    expect(countedGolds(['.', 'France'])).toEqual(['France']);
    expect(countedGolds(['.'])).toEqual(['']);
    expect(countedGolds([])).toEqual(['']);
  });
});

describe('spanExact and spanF1', () => {
  it.each([
    ['france', ['France', 'in France'], 1, 1],
    ['in France', ['France'], 0, 2 / 3],
    ['Denmark and Norway', ['Denmark, Iceland and Norway'], 0, 6 / 7],
    ['b b c', ['b c c'], 0, 2 / 3],
    ['Germany', ['France'], 0, 0],
    ['', [], 1, 1],
    ['The.', [], 1, 1],
    ['something', [], 0, 0],
    ['', ['France'], 0, 0],
  ])('%j against %j: %f and %f', (prediction, golds, exact, f1) => {
    expect(spanExact(prediction, golds)).toBe(exact);
    expect(spanF1(prediction, golds)).toBeCloseTo(f1, 12);
  });

  it('keeps F1 between the exact match and 1, the same both ways round', () => {
    const words = fc
      .array(fc.constantFrom('red', 'blue', 'green', 'the'), { maxLength: 5 })
      .map((list) => list.join(' '));
    fc.assert(
      fc.property(words, words, (left, right) => {
        expect(spanF1(left, [right])).toBeGreaterThanOrEqual(spanExact(left, [right]));
        expect(spanF1(left, [right])).toBeCloseTo(spanF1(right, [left]), 12);
      }),
    );
  });
});
