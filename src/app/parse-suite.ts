import * as z from 'zod';
import { ConfigError } from '../core/errors.ts';
import { type Suite, type SuiteInput, suiteSchema } from '../core/suite.ts';

/** @throws {ConfigError} if it isn't one */
export function parseSuite(input: SuiteInput): Suite {
  const parsed = suiteSchema.safeParse(input);
  if (!parsed.success) throw new ConfigError({ file: 'suite' }, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}
