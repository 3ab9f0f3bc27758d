import { expect, it } from 'vitest';
import * as z from 'zod';
import { optionProblems } from './engine-options.ts';

const schema = z.strictObject({ device: z.enum(['cpu', 'cuda']).optional(), tokenMs: z.number().optional() });

function problemsOf(value: unknown): string {
  const { error } = schema.safeParse(value);
  return error === undefined ? '' : optionProblems(error, Object.keys(schema.shape));
}

it('is one line with a place for each problem, and the nearest name for a key that is unknown', () => {
  expect(problemsOf({ tokenMss: 1 })).toBe('unknown key "tokenMss" (did you mean "tokenMs"?)');
  expect(problemsOf({ xyz: 1 })).toBe('unknown key "xyz"; known: device, tokenMs');
  expect(problemsOf({ device: 'gpu', tokenMs: 'x' })).toMatch(/^device: .*cpu.*; tokenMs: .*number.*$/);
  expect(problemsOf({ device: 'cpu' })).toBe('');
});
