import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { suiteJsonSchema } from '../suite-file/suite-json-schema.ts';
import type { noOptions } from '../tables/prepare-commands.ts';

export const schema: CommandHandler<typeof noOptions> = async ({ arguments: [what = 'suite'] }, { output }) => {
  const found = what === 'results' ? await resultsSchema() : suiteJsonSchema();
  // The schema is the result itself, not a record about it: also under --json it goes out as it is.
  if (output.isJson) output.record('schema', { schema: found });
  else output.raw(`${JSON.stringify(found, undefined, 2)}\n`);
  return exitCodes.done;
};

async function resultsSchema(): Promise<object> {
  return (await import('../../exporters/report-schema.ts')).reportJsonSchema();
}
