import { describe, expect, it } from 'vitest';
import { predictedSpan } from './read-span.ts';

describe('predictedSpan', () => {
  it.each([
    ['France', 'France'],
    ['\n\n  10th and 11th centuries.\nBecause', '10th and 11th centuries'],
    ['Answer: "Rollo"', 'Rollo'],
    ['**Answer:** Rollo', 'Rollo'],
    ['“Rollo”.', 'Rollo'],
    ['*Rollo*', 'Rollo'],
    ['U.S.', 'U.S'],
    ['and so on...', 'and so on...'],
    ['unanswerable questions', 'unanswerable questions'],
    ['no answer was given', 'no answer was given'],
  ])('reads %j as %j', (output, span) => {
    expect(predictedSpan(output)).toBe(span);
  });

  it.each([
    'unanswerable',
    'Unanswerable.',
    '"unanswerable"',
    '**Unanswerable**',
    'Answer: unanswerable',
    'unanswerable. The passage does not say.',
    'Unanswerable, because',
    'Unanswerable - nothing is said',
    'No answer',
    'no answer.',
    'cannot be answered',
    "Can't be answered.",
    'Not answerable',
  ])('takes %j for "no answer"', (output) => {
    expect(predictedSpan(output)).toBe('');
  });

  it.each(['', '   \n', 'The.', '""', '**', 'Answer:', '...', '\n\n'])('reads nothing in %j', (output) => {
    expect(predictedSpan(output)).toBeUndefined();
  });
});
