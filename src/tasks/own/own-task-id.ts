import { contentHash } from '../../core/item-id.ts';
import type { DataSource, ResolvedTask, TaskScore } from '../../core/task-definition.ts';

/**
 * Raised when perbench reads the answers of a kind in another way, or writes its prompts in another way, so that numbers
 * before and after never mix.
 */
const protocols: Readonly<Record<TaskScore['kind'] | 'likelihood', number>> = {
  exact: 2,
  label: 2,
  choice: 2,
  letter: 2,
  number: 2,
  contains: 2,
  f1: 2,
  rouge_l: 2,
  regex: 2,
  json: 2,
  module: 1,
  likelihood: 1,
};

/** The same value with the keys of objects in order, and without what is undefined. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([key, each]) => [key, canonical(each)]),
  );
}

function withoutPath(source: DataSource | undefined): Omit<DataSource, 'path'> | undefined {
  if (source === undefined) return undefined;
  const { path: _, ...rest } = source;
  return rest;
}

/**
 * `tickets/own@` and eight digits of a hash of what the definition says, names, needs and places aside, and of how perbench
 * reads such answers: a changed prompt or reader makes another task, a moved file doesn't. What the data hold isn't in it, nor the text of a scorer's module, which may be mended
 * and the answers scored again; runs store hashes of both beside it. Rows of a file of examples are, since they stand in
 * every prompt.
 */
export function ownTaskId(definition: ResolvedTask): string {
  const { name, title: _title, data, need: _need, examples, score, ...said } = definition;
  const scored = score.kind === 'module' ? { kind: score.kind } : score;
  const shown = examples && { ...examples, from: withoutPath(examples.from), isFromData: examples.from === undefined };
  const protocol = protocols[said.by === 'likelihood' ? said.by : score.kind];
  const content = canonical({ protocol, ...said, data: withoutPath(data), examples: shown, score: scored });
  return `${name}/own@${contentHash(JSON.stringify(content), 8)}`;
}
