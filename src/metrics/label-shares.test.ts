import { describe, expect, it } from 'vitest';
import { createLabelCounter, type LabelShares } from './label-shares.ts';
import { trivialWarnings } from './accuracy.ts';

/** Items of a task with the labels A to D in turn, each answered by `answer`. */
function shares(items: number, answer: (item: number, gold: string) => string | undefined): LabelShares | undefined {
  const counter = createLabelCounter();
  for (let item = 0; item < items; item += 1) {
    const gold = 'ABCD'[item % 4] ?? '';
    const given = answer(item, gold);
    counter.add({ answer: given, isUnparsed: given === undefined, detail: { gold } });
  }
  return counter.shares();
}

describe('label shares', () => {
  it('of right answers are the same twice', () => {
    expect(shares(40, (_, gold) => gold)).toMatchObject({
      items: 40,
      unread: 0,
      distance: 0,
      isBiased: false,
      majority: 0.25,
      labels: [
        { label: 'A', gold: 10, predicted: 10 },
        { label: 'B', gold: 10, predicted: 10 },
        { label: 'C', gold: 10, predicted: 10 },
        { label: 'D', gold: 10, predicted: 10 },
      ],
    });
  });

  it('of a model that always says A are 0.75 apart', () => {
    const found = shares(40, () => 'A');
    expect(found?.distance).toBeCloseTo(0.75, 12);
    expect(found?.isBiased).toBe(true);
  });

  it('need more than chance to be called a lean', () => {
    // 4 of 8 are A: 0.25 apart, above the threshold, but 8 answers at random are 0.24 apart on average.
    const few = shares(8, (item, gold) => (item % 4 === 1 ? 'A' : gold));
    expect(few?.distance).toBeGreaterThan(0.15);
    expect(few?.isBiased).toBe(false);
    const many = shares(800, (item, gold) => (item % 4 === 1 ? 'A' : gold));
    expect(many?.isBiased).toBe(true);
  });

  it('leave out what could not be read, and count positions from 1', () => {
    expect(shares(8, (item, gold) => (item < 4 ? undefined : gold))).toMatchObject({ unread: 4, distance: 0 });
    expect(shares(8, () => undefined)).toMatchObject({ unread: 8, distance: 0, isBiased: false });
    const counter = createLabelCounter();
    counter.add({ answer: 'a text', isUnparsed: false, detail: { gold: 0, predicted: 3 } });
    expect(counter.shares()?.labels).toEqual([
      { label: 'choice 1', gold: 1, predicted: 0 },
      { label: 'choice 4', gold: 0, predicted: 1 },
    ]);
  });

  it('are none where items have no labels, or each its own', () => {
    const counter = createLabelCounter();
    counter.add({ answer: '4', isUnparsed: false, detail: {} });
    expect(counter.shares()).toBeUndefined();
    for (let item = 0; item < 20; item += 1)
      counter.add({ answer: '4', isUnparsed: false, detail: { gold: `${item}` } });
    expect(counter.shares()).toBeUndefined();
  });
});

describe('trivial warnings', () => {
  const trivial = { chance: 0.25, longest: 0.266, majority: 0.26 };
  it('names every answer without a model that is as good', () => {
    expect(trivialWarnings({ value: 0.302, error: 0.02, trivial, labels: undefined })).toEqual([
      {
        reason: 'near_chance',
        detail: 'within two standard errors of always picking the longest choice (0.266), or below',
      },
    ]);
    expect(trivialWarnings({ value: 0.2, error: 0.02, trivial, labels: undefined })[0]?.detail).toBe(
      'within two standard errors of chance (0.250), always picking the longest choice (0.266), always giving the most common label (0.260), or below',
    );
    expect(trivialWarnings({ value: 0.4, error: 0.02, trivial, labels: undefined })).toEqual([]);
  });

  it('takes the commonest label of these items, and equal scores once', () => {
    const labels = shares(40, () => 'A');
    expect(trivialWarnings({ value: 0.25, error: 0.07, trivial: { chance: 0.25, majority: 0.3 }, labels })).toEqual([
      { reason: 'near_chance', detail: 'within two standard errors of chance (0.250), or below' },
      {
        reason: 'label_bias',
        detail:
          '"A" is 100 % of the answers but correct for 25 % of the items; total variation distance of given and correct answers: 0.75',
      },
    ]);
  });
});
