import { describe, expect, it } from 'vitest';
import { parseSentiment } from './imdb.ts';

describe('parseSentiment', () => {
  it.each([
    ['Positive', 'positive'],
    [' negative.', 'negative'],
    ['**Negative**', 'negative'],
    ['The sentiment is positive', 'positive'],
    ['\n\nPositive\nnegative', 'positive'],
    ['positive positive', 'positive'],
  ])('reads %j', (text, sentiment) => {
    expect(parseSentiment(text)).toBe(sentiment);
  });

  it.each([
    '',
    'mixed',
    'positive and negative',
    'positive or negative: positive',
    'not positive',
    "It isn't negative",
    'neither positive',
    'not very positive',
    'good\npositive',
    'positively',
    'nonnegative',
  ])('reads nothing out of %j', (text) => {
    expect(parseSentiment(text)).toBeUndefined();
  });
});
