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
    'positive or negative',
    'positive or negative: hard to say',
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

  it.each([
    ['The sentiment is:\n**Negative**', 'negative'],
    ['Overall sentiment:\r\n\r\npositive', 'positive'],
    ['### Sentiment\nPositive', 'positive'],
    ['**Classification**\n\nNegative', 'negative'],
    ['Answer\nNegative', 'negative'],
    ['Sure!\n\nPositive', 'positive'],
    ['The sentiment is\nNegative', 'negative'],
    ['I classify the review as:\n- Negative', 'negative'],
    ['Here is the label:\n```text\nnegative\n```', 'negative'],
    ['```json\n{\n  "reason": "not negative",\n  "sentiment": "positive"\n}\n```', 'positive'],
    ['Is it positive or negative?\nNegative', 'negative'],
    ['What is the sentiment? \nNegative', 'negative'],
    ['positive or negative: positive', 'positive'],
    ['Sentiment (positive/negative): negative', 'negative'],
    ['<think>It seems positive.\nOr not.</think>\nNegative', 'negative'],
    ['It seems positive.\n</think>\nNegative', 'negative'],
    ['<think>It seems positive', undefined],
    ['A slow film.\nNegative', undefined],
    ['A slow film.\n\nSentiment: negative', undefined],
    ['Here is what I think:\nThe film has its moments.\npositive', undefined],
  ])('reads %j as %j: behind what leads in, not behind an explanation', (text, sentiment) => {
    expect(parseSentiment(text)).toBe(sentiment);
  });

  it.each([
    'The review is anything but positive.',
    'It is nowhere near positive',
    'I do not think that it can be called positive',
    'Hardly a positive review',
    'It is not, by any means, positive',
    'It isn’t exactly “positive”',
    'This isnt positive',
    'It fails to be positive',
    'None of it is positive',
    'There is not a single negative word in it',
    'non-negative',
    'The opposite of positive',
    'Too long to be positive',
    'Positive it is not',
    'Positive is not the word',
    'Positive? Not really.',
    'positive: no',
    '{"positive": false}',
    'Is it positive? Hard to say.',
    'not positive, but not negative',
    'not positive or negative',
    'It is positive, no, it is negative',
  ])('reads nothing out of %j, which claims nothing', (text) => {
    expect(parseSentiment(text)).toBeUndefined();
  });

  it.each([
    ['Not positive, negative', 'negative'],
    ["The review isn't positive; it is negative.", 'negative'],
    ['Negative rather than positive', 'negative'],
    ['more negative than positive', 'negative'],
    ['positive (not negative)', 'positive'],
    ['No, this is negative', 'negative'],
    ['The film is not worth a visit, so negative', 'negative'],
    ['No doubt positive', 'positive'],
    ["It couldn't be more positive", 'positive'],
    ['not only positive but very positive', 'positive'],
    ['positive - no negative remarks', 'positive'],
    ['Positive? Yes.', 'positive'],
  ])('reads %j as %j, which it claims', (text, sentiment) => {
    expect(parseSentiment(text)).toBe(sentiment);
  });
});
