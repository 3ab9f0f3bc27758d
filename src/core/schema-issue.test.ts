import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { expectedBy, issueText } from './schema-issue.ts';

function issueOf(schema: z.ZodType, value: unknown): z.core.$ZodIssue {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  if (issue === undefined) throw new Error('the value fits');
  return issue;
}

const shape = z.object({ a: z.string() });

describe('what a schema expects', () => {
  it.each<readonly [z.ZodType, unknown, expected: string, text: string]>([
    [z.array(z.string()), 'x', 'a list', 'expected array, received string'],
    [z.string(), undefined, 'text', 'expected string, received undefined'],
    [z.string().min(1), '', 'non-empty text', 'expected string to have >=1 characters'],
    [z.array(z.number()).min(2), [1], 'at least 2 entries', 'expected array to have >=2 items'],
    [z.number().max(3), 4, 'at most 3', 'expected number to be <=3'],
    [z.number().positive(), 0, 'more than 0', 'expected number to be >0'],
    [z.number().lt(1), 1, 'less than 1', 'expected number to be <1'],
    [z.enum(['a', 'b']), 'c', 'one of "a", "b"', 'expected one of "a"|"b"'],
    [z.union([z.literal(0), z.literal(1)]), 'pos', '0 or 1', 'expected 0 or 1'],
    [z.union([z.string(), z.array(z.string())]), 5, 'text or a list', 'expected text or a list'],
    [
      z.union([z.string(), z.union([z.number(), shape])]),
      null,
      'text or a number or an object',
      'expected text or a number or an object',
    ],
    [
      z.unknown().refine(() => false, 'a day, such as 2026-11-30'),
      1,
      'a day, such as 2026-11-30',
      'a day, such as 2026-11-30',
    ],
    [
      z.union([z.string(), z.number()], { error: 'expected a name or a number' }),
      null,
      'text or a number',
      'expected a name or a number',
    ],
  ])('%#', (schema, value, expected, text) => {
    const issue = issueOf(schema, value);
    expect([expectedBy(issue), issueText(issue)]).toEqual([expected, text]);
    expect(issueText(issue)).not.toContain('Invalid input');
  });
});
