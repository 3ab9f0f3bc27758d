import * as z from 'zod';

/**
 * An error about one value of a row; who reads the file adds where the row is.
 *
 * @param column as the definition names it
 * @param expected what the value must be, such as `one of a, b`
 */
export function rowError(column: string, expected: string): z.ZodError {
  return new z.ZodError([{ code: 'custom', path: [column], message: expected, input: undefined }]);
}
