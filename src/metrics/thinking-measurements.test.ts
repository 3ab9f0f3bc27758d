import { describe, expect, it } from 'vitest';
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

describe('thinkingMeasurements', () => {
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
  const warningsOf = (changes: Partial<SampleSummary>) => {
    const measured = accuracyMeasurement(
      { ...summary, ...changes },
      { scores: Array.from({ length: 40 }, (_, index) => index % 2), clusters: undefined },
      {},
    );
    return measured.status === 'measured' ? measured.warnings : [];
  };

  it('is doubted above 5 % of the items, with what to raise', () => {
    expect(warningsOf({ budgetCut: 3 })).toEqual([
      {
        reason: 'budget_cut',
        detail:
          '7.5 % of the items have no answer: thinking had no end within its tokens (raise the budget, as in --thinking 4096)',
      },
    ]);
    expect(warningsOf({ contentFiltered: 4 })).toEqual([
      { reason: 'content_filter', detail: "10.0 % of the answers were held back by the server's content filter" },
    ]);
    expect(warningsOf({ budgetCut: 2, contentFiltered: 2 })).toEqual([]);
  });
});
