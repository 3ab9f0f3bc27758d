import { describe, expect, it } from 'vitest';
import type { StoredScore } from '../../core/store.ts';
import type { BoardAnswers } from './board-answers.ts';
import { createAnswerTally } from './tally-answers.ts';

/** An answer to an item; undefined where it could not be read. */
function score(itemId: string, gold: string, answer: string | undefined, more: Partial<StoredScore> = {}): StoredScore {
  return {
    itemId,
    value: answer === gold ? 1 : 0,
    answer,
    isUnparsed: answer === undefined,
    metrics: {},
    detail: { gold },
    cluster: undefined,
    expected: gold,
    ...more,
  };
}

function answersOf(models: Readonly<Record<string, readonly StoredScore[]>>): BoardAnswers | undefined {
  const tally = createAnswerTally();
  for (const [model, scores] of Object.entries(models)) {
    const add = tally.begin(model);
    for (const own of scores) add(own);
  }
  return tally.answers();
}

const cutOrFailed: Partial<StoredScore> = { isUnparsed: false, detail: {} };

describe('a tally of labels', () => {
  const models = {
    a: [
      score('1', 'bug', 'bug'),
      score('2', 'bug', 'billing'),
      score('3', 'billing', undefined),
      score('4', 'bug', 'spam'),
      score('5', 'billing', 'billing'),
    ],
    b: [
      score('1', 'bug', 'bug'),
      score('2', 'bug', undefined, { ...cutOrFailed, cut: 'budget_cut' }),
      score('3', 'billing', undefined, { ...cutOrFailed, cut: 'content_filter' }),
      score('4', 'bug', undefined, cutOrFailed),
      score('5', 'billing', 'bug'),
    ],
  };
  const found = answersOf(models);

  it('orders right labels by how often, then those that were only given', () => {
    expect(found?.labels).toEqual(['bug', 'billing', 'spam']);
  });

  it('counts each answer once, in the row of its right label', () => {
    expect(found?.byLabel[0]?.rows).toEqual([
      {
        label: 'bug',
        items: 3,
        given: [
          ['bug', 1],
          ['billing', 1],
          ['spam', 1],
        ],
        unread: 0,
        cut: 0,
        failed: 0,
      },
      { label: 'billing', items: 2, given: [['billing', 1]], unread: 1, cut: 0, failed: 0 },
    ]);
  });

  it('keeps answers that were cut apart from those that failed, and knows their right labels all the same', () => {
    expect(found?.byLabel[1]?.rows).toEqual([
      { label: 'bug', items: 3, given: [['bug', 1]], unread: 0, cut: 1, failed: 1 },
      { label: 'billing', items: 2, given: [['bug', 1]], unread: 0, cut: 1, failed: 0 },
    ]);
  });

  it('takes the expected text for the right label of an answer that does not say it', () => {
    const alone = answersOf({ a: [score('1', 'bug', 'bug'), score('2', 'bug', undefined, cutOrFailed)] });
    expect(alone?.byLabel[0]?.rows).toMatchObject([{ label: 'bug', items: 2, failed: 1 }]);
  });

  it('takes of several right labels the one that was given', () => {
    const several = answersOf({
      a: [score('1', 'bug', 'bug', { expected: 'bug or feature' }), score('2', 'feature', 'feature')],
      b: [score('1', 'feature', 'feature', { expected: 'bug or feature' }), score('2', 'feature', 'bug', { value: 0 })],
    });
    expect(several?.byLabel.map(({ rows }) => rows.map(({ label, items }) => [label, items]))).toEqual([
      [
        ['bug', 1],
        ['feature', 1],
      ],
      [['feature', 2]],
    ]);
  });

  it('counts positions of choices from 1', () => {
    const choices = answersOf({ a: [score('1', 'x', 'y', { detail: { gold: 2, predicted: 0 } })] });
    expect(choices?.labels).toEqual(['choice 3', 'choice 1']);
  });

  it('takes more than 200 right answers for no labels', () => {
    const scores = Array.from({ length: 201 }, (_, item) => score(String(item), `label ${item}`, 'x'));
    expect(answersOf({ a: scores })).toBeUndefined();
    expect(answersOf({ a: scores.slice(1) })?.labels).toHaveLength(201);
  });

  it('says whether items depend on each other', () => {
    const inClusters = (clusters: readonly (string | undefined)[]): boolean | undefined =>
      answersOf({ a: clusters.map((cluster, item) => score(String(item), 'x', 'x', { cluster })) })?.hasClusters;
    expect(inClusters(['p', 'p', 'q'])).toBe(true);
    expect(inClusters(['p', 'q', 'r'])).toBe(false);
    expect(inClusters([undefined, undefined])).toBe(false);
  });
});

describe('items side by side', () => {
  const found = answersOf({
    a: [score('1', 'x', 'y'), score('2', 'x', 'x'), score('3', 'x', 'z'), score('4', 'x', 'y'), score('5', 'x', 'x')],
    b: [
      score('1', 'x', 'z'),
      score('2', 'x', 'y'),
      score('3', 'x', 'z'),
      score('4', 'x', undefined),
      score('5', 'x', 'x'),
    ],
    c: [score('1', 'x', 'q'), score('2', 'x', 'x'), score('3', 'x', 'q'), score('4', 'x', 'z'), score('5', 'x', 'x')],
  })?.agreement;

  it('lists what all miss, first where models say the same', () => {
    expect(found).toMatchObject({ items: 5, isComplete: true, isGraded: false, missedAlike: 1 });
    expect(found?.missed.count).toBe(3);
    expect(found?.missed.first.map(({ itemId }) => itemId)).toEqual(['3', '1', '4']);
    expect(found?.missed.first[2]).toEqual({
      itemId: '4',
      expected: 'x',
      answers: [
        { kind: 'answer', text: 'y', score: 0 },
        { kind: 'unread', text: '', score: 0 },
        { kind: 'answer', text: 'z', score: 0 },
      ],
    });
  });

  it('lists what some have right, and nothing that all have', () => {
    expect(found?.disputed.count).toBe(1);
    expect(found?.disputed.first.map(({ itemId }) => itemId)).toEqual(['2']);
  });

  it('leaves out items that one model alone answered', () => {
    const uneven = answersOf({
      a: [score('1', 'x', 'y'), score('2', 'x', 'y')],
      b: [score('2', 'x', 'z'), score('3', 'x', 'z')],
    })?.agreement;
    expect(uneven).toMatchObject({ items: 1, isComplete: false, missed: { count: 1 } });
    expect(uneven?.missed.first[0]?.itemId).toBe('2');
  });

  it('does not call partly right answers missed, and puts the furthest apart first', () => {
    const graded = (...values: readonly number[]): readonly StoredScore[] =>
      values.map((value, item) => score(String(item), 'x', 'y', { value, detail: {} }));
    const mixed = answersOf({ a: graded(0, 0.5, 0.2, 0), b: graded(0, 0.8, 0.9, 0.1) })?.agreement;
    expect(mixed).toMatchObject({ isGraded: true, missed: { count: 1 }, disputed: { count: 3 } });
    expect(mixed?.disputed.first.map(({ itemId }) => itemId)).toEqual(['2', '1', '3']);
  });

  it('tells the first 50 and counts all', () => {
    const scores = Array.from({ length: 70 }, (_, item) => score(String(item), 'x', 'y'));
    const many = answersOf({ a: scores, b: scores })?.agreement;
    expect([many?.missed.count, many?.missed.first.length]).toEqual([70, 50]);
  });

  it('shortens long answers', () => {
    const long = answersOf({ a: [score('1', 'x', 'y'.repeat(500))], b: [score('1', 'x', 'z')] })?.agreement;
    expect(long?.missed.first[0]?.answers[0]?.text).toBe(`${'y'.repeat(79)}…`);
  });

  it('needs two models', () => {
    expect(answersOf({ a: [score('1', 'x', 'y')] })?.agreement).toBeUndefined();
  });
});

it('fields of JSON answers are counted over the items that have them', () => {
  const field = (itemId: string, metrics: StoredScore['metrics']): StoredScore =>
    score(itemId, 'x', 'y', { detail: {}, metrics });
  const found = answersOf({
    a: [
      field('1', { json_valid: 1, 'field:date': 1, 'field:buyer.name': 0 }),
      field('2', { json_valid: 1, 'field:date': 0 }),
      field('3', { json_valid: 0, 'field:date': 1 }),
    ],
  });
  expect(found?.byField).toMatchObject([
    {
      model: 'a',
      fields: [
        { path: 'date', right: 2, items: 3 },
        { path: 'buyer.name', right: 0, items: 1 },
      ],
    },
  ]);
  expect(found?.labels).toEqual([]);
});
