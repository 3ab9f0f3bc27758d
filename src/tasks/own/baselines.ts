import type { ResolvedTask } from '../../core/task-definition.ts';

/** What answers the task without a language model. */
export interface OwnBaselines {
  /** Accuracy by name: `majority`, `longest`, `words`. */
  readonly accuracies: Readonly<Record<string, number>>;
  /** What they mean for the user, one sentence each. */
  readonly notes: readonly string[];
}

/** Cheap baselines on the rows themselves; `words` is cross-validated. Deterministic. */
export function ownBaselines(
  definition: ResolvedTask,
  rows: readonly { readonly values: Readonly<Record<string, unknown>> }[],
): OwnBaselines {
  throw new Error(`not written yet: ${definition.name} ${rows.length}`);
}
