import { expect, it } from 'vitest';
import type { SampleSummary, StoredScore } from '../core/store.ts';
import { suiteSchema } from '../core/suite.ts';
import { loadTask } from '../tasks/index.ts';
import { measureCell } from './measure-cell.ts';

const summary: SampleSummary = {
  items: 2,
  scoreSum: 1,
  scoreSquareSum: 1,
  failed: 0,
  unparsed: 0,
  truncated: 0,
  promptTokens: 20,
  outputTokens: 12,
  outputTokenSquareSum: 80,
  thinkingTokens: 0,
  thoughtful: 0,
  budgetCut: 0,
  contentFiltered: 0,
};

function score(itemId: string, value: number, metrics: StoredScore['metrics']): StoredScore {
  return { itemId, value, metrics, answer: 'x', isUnparsed: false, detail: {}, cluster: undefined, expected: 'x' };
}

it('averages metrics over all items, and leaves fields that only some have to reports', async () => {
  const store = {
    sampleSummary: async () => summary,
    passResults: async () => [],
    async *scores() {
      yield score('a', 1, { json_valid: 1, 'field:date': 1 });
      yield score('b', 0, { json_valid: 0 });
    },
  };
  const suite = suiteSchema.parse({ models: ['m'], tasks: ['gsm8k/mini'] });
  const task = await loadTask('gsm8k/mini@2');
  const { extra, tokensPerAnswer } = await measureCell(store, 'cell', { task, suite, thinking: undefined });
  expect(extra?.['json_valid']).toMatchObject({ value: 0.5, n: 2 });
  expect(Object.keys(extra ?? {}).filter((name) => name.startsWith('field:'))).toEqual([]);
  expect(tokensPerAnswer).toMatchObject({ value: 6, n: 2 });
});
