import * as z from 'zod';
import { suiteSchema } from '../../core/suite.ts';

/** JSON schema of suite files, for editors; in the package as schemas/suite.schema.json. */
export function suiteJsonSchema(): object {
  return {
    ...z.toJSONSchema(suiteSchema, { io: 'input' }),
    title: 'perbench suite',
    description: 'Models x tasks under one protocol; see perbench schema and docs/cli.md.',
  };
}
