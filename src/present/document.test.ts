import { expect, it } from 'vitest';
import { cellText, measuredCell, missing, numberCell } from './document.ts';

const text = (value: number, low: number, high: number): string => cellText(measuredCell(value, { low, high }));

it('shows ± only where the interval is about even', () => {
  expect(text(248, 135, 455)).toBe('248 [135, 455]');
  expect(text(12.3, 11.7, 12.9)).toBe('12.3 ± 0.6');
  // e^±0.09 around 10: 0.86 below and 0.94 above are both 0.9.
  expect(text(10, 9.14, 10.94)).toBe('10.0 ± 0.9');
  expect(text(1, 0.912, 1)).toBe('1.00 [0.91, 1.00]');
  expect(text(100, 99.9, 100.3)).toBe('100.0 [99.9, 100.3]');
});

it('shows no interval that says nothing, in the unit that people read', () => {
  expect(text(20, 1, 400)).toBe('20.0');
  expect(cellText(measuredCell(1500, { low: 1100, high: 2100 }, { divisor: 1000 }))).toBe('1.50 [1.10, 2.10]');
  expect(cellText(measuredCell(5, undefined))).toBe('5.00');
  expect(cellText(numberCell(undefined, 1))).toBe(missing);
});
