import { expect, it } from 'vitest';
import { percentDecoded } from './percent-decoded.ts';

it.each([
  ['smol 100%', 'smol 100%'],
  ['a%20b', 'a b'],
  ['50%25', '50%'],
  ['%', '%'],
  ['%E0%A4%A', '%E0%A4%A'],
  ['%zz%41', '%zzA'],
  ['%C3%A4', 'ä'],
])('reads %j as %j', (text, decoded) => {
  expect(percentDecoded(text)).toBe(decoded);
});
