import { describe, expect, it } from 'vitest';
import { quantities } from './quantities.ts';

const { amount, share, size, time } = quantities;

describe('quantities', () => {
  it.each([
    [share, '5%', 0.05],
    [share, '70%', 0.7],
    [share, '0.05', 0.05],
    [share, '.5', 0.5],
    [share, '5 %', 0.05],
    [share, '5ms', undefined],
    [share, '', undefined],
    [share, '-1', undefined],
    [time, '500ms', 500],
    [time, '1.5s', 1500],
    [time, '1.5 S', 1500],
    [time, '2 min', 120_000],
    [time, '500', 500],
    [time, '1h', undefined],
    [size, '2GiB', 2 ** 31],
    [size, '2gib', 2 ** 31],
    [size, '2 GiB', 2 ** 31],
    [size, ' 0.5 tib ', 2 ** 39],
    [size, '800MB', 800e6],
    [size, '800 mb', 800e6],
    [size, '1kB', 1000],
    [size, '1KiB', 1024],
    [size, '1024', 1024],
    [size, '1024 b', 1024],
    [size, '2 gibs', undefined],
    [size, '2Gi B', undefined],
    [size, '2%', undefined],
    [size, '0x10', undefined],
    [amount, '10', 10],
    [amount, '1e-7', 1e-7],
    [amount, '10%', undefined],
    [amount, 'constructor', undefined],
  ] as const)('%o of %j is %j', ({ parse }, text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    [share, 0.7, '0.7'],
    [share, 1e-7, '1e-7'],
    [time, 300, '300 ms'],
    [time, 1500, '1.5 s'],
    [time, 90_000, '1.5 min'],
    [time, 1234.5678, '1234.5678 ms'],
    [time, 0, '0 ms'],
    [size, 2 ** 31, '2 GiB'],
    [size, 500e6, '500 MB'],
    [size, 0.1 * 2 ** 30, '102.4 MiB'],
    [size, 2 ** 31 + 1, '2147483649 B'],
    [size, 512, '512 B'],
    [size, 1e3, '1 kB'],
    [amount, 0.2, '0.2'],
  ] as const)('%o writes %d as %j, and reads it back', ({ format, parse }, value, text) => {
    expect(format(value)).toBe(text);
    expect(parse(text)).toBe(value);
  });
});
