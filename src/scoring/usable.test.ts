import { expect, it } from 'vitest';
import { trivialBound } from './usable.ts';

it('asks a model to beat what knows nothing of the text, not what has learned from it', () => {
  const board = { anchors: undefined, chance: 0.33, baselines: { majority: 0.4, words: 0.81 } };
  expect(trivialBound(board)).toEqual({ accuracy: 0.4, of: 'majority' });
  expect(trivialBound({ ...board, baselines: { words: 0.81 } })).toEqual({ accuracy: 0.33, of: 'chance' });
});
