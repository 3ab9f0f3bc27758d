import { reportJsonSchema } from '../../exporters/report-schema.ts';
import { suiteJsonSchema } from '../suite-file/suite-json-schema.ts';
import { cliMarkdown } from './cli-markdown.ts';

/** Content of every generated file, by path from the root of the package. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'docs/cli.md': cliMarkdown(),
    'schemas/results.schema.json': `${JSON.stringify(reportJsonSchema(), undefined, 2)}\n`,
    'schemas/suite.schema.json': `${JSON.stringify(suiteJsonSchema(), undefined, 2)}\n`,
  };
}
