import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { capacity, loads } from '../../bench/definition-loads.ts';
import { differenceTable, quantities, recordWindows } from '../../bench/definition-tables.ts';

describe('the comparison of definitions', () => {
  // `node bench/definitions.ts --markdown` prints the tables.
  it('is what docs/measurement.md says', () => {
    const page = readFileSync(new URL('../../docs/measurement.md', import.meta.url), 'utf8');
    const printed = new Set(page.split('\n').map((line) => line.replaceAll(/ +/gu, ' ')));
    const windows = recordWindows(1);
    for (const quantity of quantities) {
      for (const row of differenceTable(quantity, windows)) expect(printed).toContain(`| ${row.join(' | ')} |`);
    }
  });

  it('has a server whose rate in the long run is known', () => {
    const { requests } = loads['closed, 640'].record(2);
    const ends = requests.map(({ tokenMs }) => tokenMs.at(-1) as number);
    // Half of the requests from the middle of the run, whatever the order of the items.
    const rate = (1000 * 320) / ((ends[480] as number) - (ends[160] as number));
    expect(Math.abs(rate / capacity - 1)).toBeLessThan(0.05);
    expect(loads['open, 640'].rate).toBeCloseTo(0.8 * capacity, 12);
  });
});
