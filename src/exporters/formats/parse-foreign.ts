import type * as z from 'zod';
import { ImportError } from '../../core/errors.ts';

/**
 * Checks a value that another program wrote.
 *
 * @param expected what the value should be, for the message
 * @throws {ImportError} with the first key that doesn't fit
 */
export function parseForeign<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: { readonly file: string; readonly line?: number | undefined },
  expected: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  const place = at.line === undefined ? { file: at.file } : { file: at.file, line: at.line };
  throw new ImportError(
    key === '' ? place : { ...place, key },
    `expected ${expected}: ${(issue?.message ?? 'it does not fit').replace(/^Invalid input: /u, '')}`,
  );
}
