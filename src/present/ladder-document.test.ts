import { expect, it } from 'vitest';
import { madeLadder, usualLadder } from '../../test/setup/ladder-models.ts';
import { ladderBlocks } from './ladder-document.ts';
import { terminalText } from './terminal.ts';

it.each([
  [[], false],
  [['Q4_K_M'], true],
])('says of files made from %j whether a loss is missing', (requantisedFrom, isSaid) => {
  const text = terminalText(ladderBlocks([{ ...madeLadder(usualLadder), requantisedFrom }]), {
    width: undefined,
    isWhole: true,
  });
  expect(text.includes('made from files that were quantised already (Q4_K_M)')).toBe(isSaid);
});
