import type { GateLimits } from '../core/gate-limits.ts';
import type { Suite } from '../core/suite.ts';

/** Whether a suite's name for a task means this id; `1` by the id itself, `2` by a short name. */
function nearness(name: string, taskId: string): number | undefined {
  if (name === taskId || `${name}@1` === taskId) return 1;
  return taskId.startsWith(`${name}/`) || name === 'all' ? 2 : undefined;
}

function ownLimits(suite: Pick<Suite, 'tasks'>, taskId: string): GateLimits {
  const entries = suite.tasks
    .flatMap((entry) => (typeof entry === 'string' || entry.gates === undefined ? [] : [entry]))
    .map(({ task, gates = {} }) => ({ gates, distance: nearness(task, taskId) }))
    .filter(({ distance }) => distance !== undefined)
    .toSorted((left, right) => (left.distance ?? 0) - (right.distance ?? 0));
  return withoutGaps(entries[0]?.gates ?? {});
}

function withoutGaps(limits: { readonly [Name in keyof GateLimits]?: number | undefined }): GateLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

/**
 * The limits of a task: flags over the task's own entry over the suite.
 *
 * @param flags limits of the command line
 */
export function gateLimitsOf(
  suite: Pick<Suite, 'tasks' | 'gates'> | undefined,
  flags: { readonly [Name in keyof GateLimits]?: number | undefined },
  taskId: string,
): GateLimits {
  const fromSuite = suite === undefined ? {} : { ...withoutGaps(suite.gates ?? {}), ...ownLimits(suite, taskId) };
  return { ...fromSuite, ...withoutGaps(flags) };
}
