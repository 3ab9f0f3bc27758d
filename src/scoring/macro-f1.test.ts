/** Accuracies that are macro F1: what counts right answers must not take them for a share of those. */
import { describe, expect, it } from 'vitest';
import { cell, compared } from '../../test/setup/compared-cells.ts';
import type { Measurement } from '../core/measurement.ts';
import type { AnswerFacts, UsableBound } from './answer.ts';
import type { ScoreboardRow } from './scoreboard.ts';
import { usabilityOf } from './usable.ts';

const share = { low: 0.5, high: 0.7, level: 0.95 };
const accuracy: Measurement = {
  status: 'measured',
  value: 0.6,
  unit: 'ratio',
  n: 100,
  interval: { ...share, method: 'macro F1, bootstrap' },
  warnings: [],
};
const facts: AnswerFacts = {
  items: 100,
  right: 95,
  independentItems: 100,
  unreadable: 0,
  firstUnreadable: undefined,
  labels: undefined,
};
const row = { state: 'done', measurements: { accuracy }, answers: facts } as ScoreboardRow;

describe('whether a model is usable', () => {
  it.each<[string, UsableBound, string, number]>([
    // 95 of 100 right, where always saying the commonest label is right on 90: macro F1 of 0.6 says nothing about that.
    ['the share of right answers against chance', { accuracy: 0.8, of: 'majority' }, 'usable', 0.95],
    ['the same, where it is no better', { accuracy: 0.95, of: 'majority' }, 'unproven', 0.95],
    ['macro F1 against a limit below its interval', { accuracy: 0.45, of: 'limit' }, 'usable', 0.6],
    ['macro F1 against a limit inside it', { accuracy: 0.55, of: 'limit' }, 'unproven', 0.6],
    ['macro F1 against a limit above it', { accuracy: 0.8, of: 'limit' }, 'unusable', 0.6],
  ])('is told by %s', (_, bound, state, value) => {
    expect(usabilityOf(row, bound)).toMatchObject({ state, accuracy: value });
  });
});

describe('a comparison', () => {
  it('says that it compares right answers', () => {
    const note = 'compared by the share of correct answers, not by macro F1';
    const doubts = (measurements: { readonly accuracy: Measurement }) =>
      compared(cell(7, 10, { measurements }), cell(7, 10)).metrics.find(({ metric }) => metric === 'accuracy')?.doubts;
    expect(doubts({ accuracy })).toContain(note);
    expect(doubts({ accuracy: { ...accuracy, interval: { ...share, method: 'wilson' } } })).not.toContain(note);
  });
});
