import { UsageError } from '../core/errors.ts';
import type { Suite } from '../core/suite.ts';
import { schemaGrammar } from '../engines/llama-cpp/schema-grammar.ts';
import { schemaOf } from '../run/ask-items.ts';
import type { PlannedTask } from '../run/plan.ts';
import { nameModel } from './prepare-models.ts';

/**
 * Checks that answers of models in process can be held to the schemas of the tasks. What a server can do, it says itself.
 *
 * @throws {UsageError} with the place in the schema that they can't be held to
 */
export function checkSchemas(suite: Suite, tasks: readonly PlannedTask[], workingFolder: string): void {
  const held = suite.models
    .map((entry) => nameModel(entry, workingFolder))
    .find(({ engine, setting }) => engine === 'llama' && setting.structuredOutput === true);
  if (held === undefined) return;
  for (const planned of tasks) {
    const schema = schemaOf(planned);
    if (schema === undefined) continue;
    try {
      schemaGrammar(schema);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UsageError(`${planned.task.id}: ${error.message}`, {
        hint: `Leave it out of the schema, or leave structuredOutput out of ${held.name}: answers are then only checked.`,
        cause: error,
      });
    }
  }
}
