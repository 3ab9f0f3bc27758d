import { expect, it } from 'vitest';
import { numberAdvice } from './number-advice.ts';

const positive = (value: number): boolean => value >= 0;
const share = (value: number): boolean => value >= 0 && value <= 1;

it.each([
  ['2,048', ' (write 2048 if the comma separates thousands, or 2.048 if it is a decimal comma)'],
  ['-2,048', ''],
  ['2.048,5', ' (write 2048.5)'],
  ['2,048.5', ' (write 2048.5)'],
  ['32,048.25', ' (write 32048.25)'],
  ['2 048', ' (write 2048)'],
  ['2\u00a0048,5', ' (write 2048.5)'],
  ['2\u202f048', ' (write 2048)'],
  ["2'048", ' (write 2048)'],
  ['2’048.75', ' (write 2048.75)'],
  ['2_048', ' (write 2048)'],
  ['2,048,000', ' (write 2048000)'],
  ['2.048.000', ' (write 2048000)'],
  ['12,34,567', ' (write 1234567)'],
  ['2,5', ' (write 2.5)'],
  ['0,512', ' (write 0.512)'],
  [',5', ' (write 0.5)'],
  ['2048,512', ' (write 2048.512)'],
  ['12 ms', ' (write the number alone; its unit belongs in the heading)'],
  ['~12.5 tok/s', ' (write the number alone; its unit belongs in the heading)'],
  ['95 %', ' (write 95)'],
  ['fast', ''],
  ['NaN', ''],
  ['1e999', ''],
  ['0x10', ''],
  ['2,04,8', ''],
])('advises on %j', (cell, advice) => {
  expect(numberAdvice(cell, positive, false)).toBe(advice);
});

it.each([
  ['95 %', ' (write 0.95)'],
  ['95,5%', ' (write 0.955)'],
  ['58', ' (write 0.58 for 58 %)'],
  ['58,5', ' (write 0.585 for 58.5 %)'],
  ['0,58', ' (write 0.58)'],
  ['5,812', ' (write 0.05812 for 5.812 %)'],
  ['5812', ''],
])('advises on the share %j', (cell, advice) => {
  expect(numberAdvice(cell, share, true)).toBe(advice);
});
