import { describe, expect, it } from 'vitest';
import { parseLimit } from './gate-limits.ts';
import { parseAmount, parseBytes, parseMilliseconds, parseShare } from './quantity.ts';

describe('quantities', () => {
  it.each([
    [parseShare, '5%', expect.closeTo(0.05, 12)],
    [parseShare, '0.05', 0.05],
    [parseShare, '.5', 0.5],
    [parseShare, '5 %', expect.closeTo(0.05, 12)],
    [parseShare, '5ms', undefined],
    [parseShare, '', undefined],
    [parseShare, '-1', undefined],
    [parseMilliseconds, '500ms', 500],
    [parseMilliseconds, '1.5s', 1500],
    [parseMilliseconds, '2 min', 120_000],
    [parseMilliseconds, '500', 500],
    [parseMilliseconds, '1h', undefined],
    [parseBytes, '2GiB', 2 ** 31],
    [parseBytes, '800MB', 800e6],
    [parseBytes, '1024', 1024],
    [parseBytes, '2 gib', undefined],
    [parseBytes, '0x10', undefined],
    [parseAmount, '10', 10],
    [parseAmount, '10%', undefined],
    [parseAmount, 'constructor', undefined],
  ] as const)('%o of %j is %j', (parse, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    ['maxAccuracyDrop', 1.1, undefined],
    ['maxAccuracyDrop', Number.NaN, undefined],
    ['maxLatencyRise', '150%', 1.5],
    ['minThroughput', -1, undefined],
    ['maxMemory', 10, 10],
  ] as const)('the limit %s of %j is %j', (name, value, expected) => {
    expect(parseLimit(name, value)).toBe(expected);
  });
});
