import type { AnswerKind, TaskDefinition } from '../../core/task-definition.ts';

/** A table without its files. */
export interface InferredFrom {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly values: Readonly<Record<string, unknown>> }[];
}

/** What the data say of what a definition leaves out. */
export interface InferredTask {
  readonly input: string;
  readonly target: string;
  readonly answer: AnswerKind;
  readonly labels: readonly string[] | undefined;
  readonly choices: string | readonly string[] | undefined;
  /** What was inferred and from what, one sentence each. */
  readonly notes: readonly string[];
}

/** A doubt that only the user can settle. */
export interface InferenceDoubt {
  readonly key: 'input' | 'target' | 'answer';
  readonly question: string;
  readonly candidates: readonly string[];
}

/** Infers columns, kind of answer and labels; a doubt is returned, not guessed. */
export function inferDefinition(written: TaskDefinition, table: InferredFrom): InferredTask | InferenceDoubt {
  throw new Error(`not written yet: ${table.columns.length} ${written.title}`);
}
