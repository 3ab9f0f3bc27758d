import { nearestName } from '../core/nearest-name.ts';
import { namesText, placesText } from '../core/row-places.ts';
import type { OwnTable } from '../sources/datasets/own-table.ts';
import { columnValue, isBlank } from '../tasks/own/column-value.ts';
import { inferDefinition, type InferenceDoubt, type InferredTask } from '../tasks/own/infer-definition.ts';
import type { LocalContext } from './local-context.ts';
import type { WrittenTask } from './task-files.ts';

/** Refuses columns that the data haven't. */
function checkColumns(task: WrittenTask, columns: readonly string[]): void {
  const keys = ['input', 'target', 'id', 'cluster', 'choices'] as const;
  for (const key of keys) {
    for (const name of [task.definition[key] ?? []].flat()) {
      // `choices.text` is a part of what column `choices` holds.
      if (columns.includes(name) || columns.includes(name.split('.')[0] ?? '')) continue;
      const near = nearestName(name, columns);
      const hint = near === undefined ? `Its columns: ${namesText(columns)}.` : `Did you mean "${near}"?`;
      throw task.problem([key], `${key}: the data have no column "${name}"`, hint);
    }
  }
}

/** Of more columns, a message lists some. */
const mostCandidates = 6;

function doubtError(task: WrittenTask, { key, question, candidates, remedy }: InferenceDoubt, table: OwnTable): Error {
  const shown = candidates.length > mostCandidates ? namesText(candidates) : candidates.join(' or ');
  const ask = candidates.length === 0 ? question : `${question} It may be ${shown}`;
  if (remedy !== undefined) return task.problem([key], ask, remedy);
  const flag = key === 'firstChoice' ? '' : `--${key}, or with `;
  const hint = `Say it with ${flag}\`${key}:\` in a task file (perbench init task writes one).`;
  if (candidates.length === 0) {
    const what = key === 'input' ? 'the input' : 'the right answer';
    return task.problem([key], `no column that could be ${what}; its columns: ${namesText(table.columns)}`, hint);
  }
  return task.problem([key], ask, hint);
}

/** Rows that say something where the task needs it: the others are left out with `--skip-invalid`. */
function withoutBlanks(
  { definition }: WrittenTask,
  table: OwnTable,
  { input, target, answer }: InferredTask,
): OwnTable {
  const canBeEmpty = target === undefined || answer === 'free' || definition.unanswerable !== undefined;
  const isKept = ({ values }: OwnTable['rows'][number]): boolean =>
    !isBlank(columnValue(values, input)) && (canBeEmpty || !isBlank(columnValue(values, target)));
  return { ...table, rows: table.rows.filter(isKept) };
}

/** Refuses rows that all have the same label, or none. */
function checkLabels(task: WrittenTask, { answer, labels = [], target }: InferredTask, { rows }: OwnTable): void {
  if (answer !== 'label' || labels.length > 1) return;
  const [only] = labels;
  const found = only === undefined ? 'empty' : `the label ${JSON.stringify(only)} or nothing`;
  throw task.problem(
    ['labels'],
    `labels: a label task needs at least 2 labels, but column \`${target}\` is ${found} in all rows (${placesText(rows)}): there is nothing to tell apart`,
    'Name another column with `target`, add rows with other labels, or list all labels that there are in `labels`.',
  );
}

interface InferredFromRows {
  readonly found: InferredTask;
  /** That it was inferred from. */
  readonly rows: number;
}

async function inferred(
  task: WrittenTask,
  table: OwnTable,
  context: LocalContext,
  skipsBlanks: boolean,
): Promise<InferredFromRows> {
  const found = inferDefinition(task.definition, table);
  if (!('question' in found)) {
    const kept = skipsBlanks ? withoutBlanks(task, table, found) : table;
    const { length } = kept.rows;
    // Rows of which none can be asked are named where they are read.
    if (length === 0 || length === table.rows.length) return { found, rows: table.rows.length };
    return inferred(task, kept, context, false);
  }
  const answer = found.candidates.length === 0 ? undefined : await context.onDoubt?.(found, task.from);
  if (answer === undefined) throw doubtError(task, found, table);
  const settled = found.key === 'firstChoice' ? Number(answer) : answer;
  const told = { ...task, definition: { ...task.definition, [found.key]: settled } };
  return inferred(told, table, context, skipsBlanks);
}

/**
 * Infers what a definition leaves out; what can't be told is asked, one question after another.
 *
 * @param skipsBlanks leave rows out that say nothing where the task needs it: what only they say is no label
 * @throws {ConfigError | UsageError} for columns that aren't there, doubts that nobody settles, and a single label
 */
export async function inferTask(
  task: WrittenTask,
  table: OwnTable,
  context: LocalContext,
  skipsBlanks: boolean,
): Promise<InferredFromRows> {
  checkColumns(task, table.columns);
  const inference = await inferred(task, table, context, skipsBlanks);
  checkLabels(task, inference.found, table);
  return inference;
}
