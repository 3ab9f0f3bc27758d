import type * as z from 'zod';
import type { ModelSpec } from './engine.ts';
import { UsageError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { issueText } from './schema-issue.ts';

/**
 * What is wrong with the options of an engine, in one line: each with its key, an unknown one with the nearest name.
 *
 * @param known names of all options
 */
export function optionProblems({ issues }: z.ZodError, known: readonly string[]): string {
  return issues
    .flatMap((issue) => {
      const where = issue.path.map(String).join('.');
      if (issue.code !== 'unrecognized_keys')
        return [where === '' ? issueText(issue) : `${where}: ${issueText(issue)}`];
      return issue.keys.map((key) => `unknown key "${key}"${advice(key, where === '' ? known : [])}`);
    })
    .join('; ');
}

function advice(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  if (near !== undefined) return ` (did you mean "${near}"?)`;
  return known.length === 0 ? '' : `; known: ${known.join(', ')}`;
}

/**
 * The options of a model for its engine, with defaults filled in.
 *
 * @throws {UsageError} that names all options that can't be
 */
export function parseEngineOptions<Schema extends z.ZodObject>(
  schema: Schema,
  kind: string,
  { name, engineOptions }: Pick<ModelSpec, 'name' | 'engineOptions'>,
  hint?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(engineOptions);
  if (parsed.success) return parsed.data;
  const problems = optionProblems(parsed.error, Object.keys(schema.shape));
  throw new UsageError(`${name}: engine options of ${kind}: ${problems}`, { hint });
}
