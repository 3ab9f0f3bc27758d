import { describe, expect, it } from 'vitest';
import type { Thinking } from '../core/engine.ts';
import type { SampleSummary } from '../core/store.ts';
import { accuracyMeasurement } from './accuracy.ts';
import { thinkingMeasurements } from './thinking-measurements.ts';

const summary: SampleSummary = {
  items: 40,
  scoreSum: 20,
  scoreSquareSum: 20,
  failed: 0,
  unparsed: 0,
  truncated: 0,
  promptTokens: 400,
  outputTokens: 4400,
  thinkingTokens: 0,
  thoughtful: 0,
  budgetCut: 0,
  contentFiltered: 0,
};

const on = (budget: number): Thinking => ({ mode: 'on', budget, because: '' });

describe('thinkingMeasurements', () => {
  it('tells the share without an answer of a model that thinks, also where nobody counts its thoughts', () => {
    const cut = (budgetCut: number) => ({ budgetCut: { value: budgetCut / 40, n: 40 } });
    const unknown = { thinkingTokens: { status: 'unavailable', reason: 'no_token_counts' } };
    expect(thinkingMeasurements(summary, on(1024))).toMatchObject({ ...unknown, ...cut(0) });
    expect(thinkingMeasurements({ ...summary, budgetCut: 10 }, on(1024))).toMatchObject({ ...unknown, ...cut(10) });
    expect(thinkingMeasurements({ ...summary, failed: 40 }, on(1024))).toEqual({});
    expect(thinkingMeasurements(summary, { mode: 'off', because: '' })).toEqual({});
  });

  it('has nothing to say of models that do not think', () => {
    expect(thinkingMeasurements(summary)).toEqual({});
  });

  it('gives tokens per answer, failed items left out, and what was cut as a share of all items', () => {
    const thinking = { ...summary, failed: 4, thoughtful: 36, thinkingTokens: 3600, budgetCut: 2, contentFiltered: 1 };
    expect(thinkingMeasurements(thinking)).toEqual({
      thinkingTokens: { status: 'measured', value: 100, unit: 'count', n: 36, warnings: [] },
      budgetCut: { status: 'measured', value: 0.05, unit: 'ratio', n: 40, warnings: [] },
      contentFiltered: { status: 'measured', value: 0.025, unit: 'ratio', n: 40, warnings: [] },
    });
  });
});

describe('accuracy with answers that never came', () => {
  const warningsOf = (changes: Partial<SampleSummary>, thinking?: Thinking) => {
    const measured = accuracyMeasurement(
      { ...summary, ...changes },
      { scores: Array.from({ length: 40 }, (_, index) => index % 2), clusters: undefined },
      {},
      thinking,
    );
    return measured.status === 'measured' ? measured.warnings : [];
  };

  it.each<[string, Partial<SampleSummary>, Thinking | undefined, string]>([
    ['nobody knows the budget', {}, undefined, ''],
    ['no budget was set elsewhere', {}, { mode: 'on', because: '' }, ''],
    [
      'it was used up',
      { mostCutTokens: 4096 },
      on(4096),
      ' (its 4,096 tokens were used up: raise the budget, as in --thinking 8192)',
    ],
    [
      'so were those of the answer',
      { mostCutTokens: 13 },
      on(10),
      ' (its 10 tokens were used up: raise the budget, as in --thinking 20)',
    ],
    [
      'the model ended its own turn',
      { mostCutTokens: 32 },
      on(1024),
      ' (after 32 of 1,024 tokens at most: a larger budget is no help)',
    ],
    ['nothing tells the tokens', {}, on(1024), ' (a budget above 1,024 tokens may help, as in --thinking 2048)'],
    [
      'it was not meant to think',
      { mostCutTokens: 8 },
      { mode: 'none', because: '' },
      ' (no budget of thoughts was set: give one, as in --thinking 1024)',
    ],
  ])('is doubted above 5 % of the items, with advice that can help: %s', (_, changes, thinking, advice) => {
    expect(warningsOf({ budgetCut: 3, ...changes }, thinking)).toEqual([
      {
        reason: 'budget_cut',
        detail: `7.5 % of the items have no answer: the output ended while the model was thinking${advice}`,
      },
    ]);
  });

  it('is doubted above 5 % of the items', () => {
    expect(warningsOf({ contentFiltered: 4 })).toEqual([
      { reason: 'content_filter', detail: "10.0 % of the answers were held back by the server's content filter" },
    ]);
    expect(warningsOf({ budgetCut: 2, contentFiltered: 2 })).toEqual([]);
  });
});
