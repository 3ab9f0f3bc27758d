import { expect, it } from 'vitest';
import { someNumbers } from './matrix-timer.ts';

it('measures with blocks whose scales differ as those of models do', () => {
  const numbers = someNumbers(2048 * 32);
  const largest = Array.from({ length: 2048 }, (_, block) =>
    Math.max(...numbers.subarray(32 * block, 32 * (block + 1)).map(Math.abs)),
  );
  // The same number 16 bits wide is the same place in the table.
  expect(new Set(new Float16Array(largest)).size).toBeGreaterThan(1000);
  expect(Math.max(...largest) / Math.min(...largest)).toBeLessThan(10);
});
