import { describe, expect, it } from 'vitest';
import { squadTotals, type SquadPrediction } from './squad-totals.ts';

const questions = [
  { id: 'a', answers: ['red'] },
  { id: 'b', answers: ['blue sky'] },
  { id: 'c', answers: [] },
  { id: 'd', answers: [] },
];

function predict(texts: readonly (readonly [string, number])[]): ReadonlyMap<string, SquadPrediction> {
  const entries = texts.map(
    ([text, noAnswerProbability], index) => [questions[index]?.id ?? '', { text, noAnswerProbability }] as const,
  );
  return new Map(entries);
}

describe('squadTotals', () => {
  it('gives both halves and the best threshold', () => {
    const totals = squadTotals(
      questions,
      predict([
        ['red', 0.1],
        ['sky', 0.2],
        ['x', 0.9],
        ['', 0.3],
      ]),
    );
    expect(totals).toEqual({
      exact: 0.5,
      f1: 0.5 + 2 / 3 / 4,
      hasAnswerExact: 0.5,
      hasAnswerF1: (1 + 2 / 3) / 2,
      noAnswerExact: 0.5,
      noAnswerF1: 0.5,
      bestExact: 0.75,
      bestExactThreshold: 0.1,
      bestF1: (2 + 1 + 2 / 3) / 4,
      bestF1Threshold: 0.2,
    });
  });

  it('takes a prediction above the threshold for "no answer"', () => {
    const totals = squadTotals(
      questions,
      predict([
        ['red', 0.1],
        ['sky', 0.2],
        ['x', 0.9],
        ['', 0.3],
      ]),
      0.5,
    );
    expect(totals.exact).toBe(0.75);
    expect(totals.noAnswerExact).toBe(1);
  });

  it('leaves a half without questions out', () => {
    const totals = squadTotals(questions.slice(0, 1), predict([['red', 0]]));
    expect(totals).not.toHaveProperty('noAnswerExact');
    expect(totals.hasAnswerExact).toBe(1);
  });

  it('refuses partial sets', () => {
    expect(() => squadTotals(questions, predict([['red', 0]]))).toThrow('3 of 4 are missing');
    expect(() => squadTotals([], new Map())).toThrow('0 of 0');
  });
});
