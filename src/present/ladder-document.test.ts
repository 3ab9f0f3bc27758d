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

it('says why it shows no speeds', () => {
  const ladder = madeLadder(usualLadder);
  const textOf = (rows: typeof ladder.rows): string =>
    terminalText(ladderBlocks([{ ...ladder, rows }]), { width: undefined, isWhole: true });
  expect(textOf(ladder.rows)).not.toContain('no throughput is known');
  const throughput = { status: 'unavailable', reason: 'imported', detail: 'the file has none' } as const;
  const without = ladder.rows.map((row) => ({ ...row, measurements: { ...row.measurements, throughput } }));
  expect(textOf(without)).toContain('no throughput is known: the file has none');
  expect(textOf(without)).not.toContain('Throughput');
});
