import { expect, it } from 'vitest';
import type { Measurement } from '../../core/measurement.ts';
import { createScoreboards } from '../create-scoreboards.ts';
import { settingsOfWeights } from './weight-settings.ts';

function measured(value: number, unit: 'ratio' | 'count'): Measurement {
  return { status: 'measured', value, unit, n: 10, warnings: [] };
}

const weights: Readonly<Record<string, string>> = {
  'a (thinking)': 'same',
  'a (thinking off)': 'same',
  b: 'other',
  'a (no tokens)': 'same',
};

it('joins models that share their weights, by rising tokens, and no others', () => {
  const [board] = createScoreboards(
    ['a (thinking)', 'a (thinking off)', 'b', 'c', 'd', 'a (no tokens)'].map((model, index) => ({
      model,
      taskId: 'toy/per@1',
      protocol: 'serving' as const,
      state: 'done' as const,
      measurements: {
        accuracy: measured(0.5, 'ratio'),
        ...(model !== 'a (no tokens)' && { tokensPerAnswer: measured(100 - index, 'count') }),
      },
    })),
  );
  expect(settingsOfWeights(board ?? { rows: [] }, (model) => weights[model])).toEqual([
    { name: 'a', models: ['a (thinking off)', 'a (thinking)'] },
  ]);
});
