import { describe, expect, it } from 'vitest';
import {
  decimalsFor,
  humanInterval,
  humanNumber,
  humanScale,
  memoryText,
  percentText,
  sizeText,
} from './amount-text.ts';

describe('human numbers', () => {
  it.each([
    [0, '0'],
    [0.0123, '0.0123'],
    [0.5, '0.500'],
    [1.234, '1.23'],
    [12.34, '12.3'],
    [1234.5, '1235'],
    [1e9, '1000000000'],
    [1e-9, '0.000000'],
  ])('%d', (value, expected) => {
    expect(humanNumber(value)).toBe(expected);
  });

  it('shows half an interval in the decimals of its value', () => {
    expect(humanInterval(12.34, 0.5678)).toBe('12.3 ± 0.6');
    expect(humanInterval(12.34, undefined)).toBe('12.3');
    expect(humanInterval(1.2, 0.001)).toBe('1.200 ± 0.001');
    expect(humanInterval(1234, 1e-9)).toBe('1234.00 ± 0.00');
    expect(decimalsFor(99.95)).toBe(1);
  });

  it('chooses one unit for a column', () => {
    expect(humanScale('bytes', [2 ** 20, 2 ** 31])).toEqual({ divisor: 2 ** 30, label: 'GiB' });
    expect(humanScale('bytes', [2 ** 20])).toEqual({ divisor: 2 ** 20, label: 'MiB' });
    expect(humanScale('ms', [999, 5000])).toEqual({ divisor: 1, label: 'ms' });
    expect(humanScale('ms/item', [1000, 5000])).toEqual({ divisor: 1000, label: 's/item' });
    expect(humanScale('ratio', [1])).toEqual({ divisor: 1, label: '' });
    expect(humanScale('ms', [])).toEqual({ divisor: 1, label: 'ms' });
  });
});

describe('sizes and shares', () => {
  it.each([
    [12, '12 bytes'],
    [2048, '2.0 KiB'],
    [468.6 * 2 ** 20, '468.6 MiB'],
    [1.5 * 2 ** 50, '1536.0 TiB'],
  ])('%d bytes', (bytes, expected) => {
    expect(sizeText(bytes)).toBe(expected);
  });

  it('of memory have as many digits as one watches', () => {
    expect([412 * 2 ** 20, 2 ** 30 - 1, 1.92 * 2 ** 30].map(memoryText)).toEqual(['412 MiB', '1024 MiB', '1.92 GiB']);
  });

  it('are of one, or of a whole', () => {
    expect([percentText(0.314), percentText(0.314, 1), percentText(3, 1, 8)]).toEqual(['31 %', '31.4 %', '37.5 %']);
  });
});
