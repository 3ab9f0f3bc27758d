import { UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';

/**
 * The model that others are compared with: `base` is the first, unless one has that name.
 *
 * @throws {UsageError} if there is no such model
 */
export function findBase(name: string | undefined, models: readonly string[], runId: string): string {
  const [first = ''] = models;
  if (name === undefined || models.includes(name)) return name ?? first;
  if (name === 'base') return first;
  const near = nearestName(name, models);
  throw new UsageError(`run ${runId} has no model "${name}" to be the base; it has ${models.join(', ')}`, {
    hint: near === undefined ? 'Name one of them with --base.' : `Did you mean "${near}"?`,
  });
}
