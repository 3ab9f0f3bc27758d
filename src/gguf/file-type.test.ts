import { describe, expect, it } from 'vitest';
import { fileTypeName, fileTypeToMake, isUnquantised } from './file-type.ts';

describe('fileTypeToMake', () => {
  it.each([
    ['q8_0', 'Q8_0', 7],
    ['Q4_K_M', 'Q4_K_M', 15],
    [' q2_k ', 'Q2_K', 10],
    ['q4_k', 'Q4_K_M', 15],
    ['bf16', 'BF16', 32],
  ])('reads %s', (written, name, number) => {
    expect(fileTypeToMake(written)).toEqual({ name, number });
    expect(fileTypeName(number)).toBe(name);
  });

  it.each([
    ['q9', /^unknown quantisation "q9"$/],
    ['q4_k_mm', /did you mean q4_k_m\?/],
    ['', /^unknown quantisation ""/],
    ['iq1_s', /^IQ1_S can't be made$/],
    ['q2_k_s', /^Q2_K_S can't be made$/],
    ['toString', /^unknown quantisation/],
  ])('refuses %j', (written, message) => {
    expect(() => fileTypeToMake(written)).toThrow(message);
  });
});

it('lists what can be made where a type cannot', () => {
  expect(() => fileTypeToMake('iq2_xxs')).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/one of: f32, .*q4_k_m/u) as string }),
  );
});

it('knows weights that are as they were trained', () => {
  const known = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_K_M', 'unknown'].filter(isUnquantised);
  expect(known).toEqual(['F32', 'F16', 'BF16']);
});
