import type { DataSource, ResolvedTask } from '../core/task-definition.ts';
import type { Task } from '../core/task.ts';
import { numberCell } from '../present/document.ts';
import { safeText } from '../present/sanitise.ts';
import type { PlannedTask } from '../run/plan.ts';
import type { CliContext } from './context.ts';
import { printLines, printTable } from './print-document.ts';

/** Right answers that a table lists; there may be as many as rows. */
const shownAnswers = 30;

function countAnswers({ task, items }: PlannedTask): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>((task.labels ?? []).map((label) => [label, 0]));
  for (const item of items) {
    const expected = task.expected(item);
    counts.set(expected, (counts.get(expected) ?? 0) + 1);
  }
  return [...counts].toSorted(([, left], [, right]) => right - left);
}

function placeText({ path, config, split }: DataSource): string {
  return [path, config, split].filter((part) => part !== undefined).join(', ');
}

/** What decides, as lines: prompts are printed whole, with their rows. */
function definitionLines({ items, shots, metric, chance }: Task, own: ResolvedTask): readonly string[] {
  const { data, input, target, id, answer, choices, by, score, examples } = own;
  const from = examples?.from === undefined ? 'the first rows, which are not evaluated' : placeText(examples.from);
  return [
    `data      ${placeText(data)}`,
    `items     ${items}`,
    `input     ${input}`,
    `target    ${target ?? 'none'}`,
    `answer    ${answer}, by ${by === 'generate' ? 'generating it' : 'likelihood'}`,
    ...(id === undefined ? [] : [`id        ${id}`]),
    ...(choices === undefined ? [] : [`choices   ${[choices].flat().join(', ')}`]),
    ...(shots === 0 ? [] : [`examples  ${shots}, from ${from}`]),
    `score     ${score.kind}, metric ${metric}, chance ${chance.toFixed(3)}`,
  ];
}

/**
 * Prints a task of the user's own: its definition, its labels, what was found in its rows, and what needs no model.
 *
 * @param from the file that says it
 */
export function printOwnTask({ facts, ...planned }: PlannedTask, from: string | undefined, context: CliContext): void {
  const { task } = planned;
  const { own } = task;
  if (own === undefined) return;
  const { output } = context;
  const answers = countAnswers({ facts, ...planned });
  const { id, title, items, shots, metric, kind, chance, category, baselines } = task;
  output.record('task', {
    id,
    title,
    items,
    shots,
    metric,
    kind,
    chance,
    category,
    baselines,
    from,
    definition: own,
    notes: facts.notes,
    answers: own.answer === 'label' || own.answer === 'choice' ? Object.fromEntries(answers) : undefined,
  });
  output.result(safeText(`${id}: ${title}`));
  printLines(definitionLines(task, own).map(safeText), context);
  if (task.labels !== undefined) {
    output.result('');
    const rows = answers.slice(0, shownAnswers).map(([label, count]) => [label, numberCell(count, 0)]);
    printTable(['label', 'items'], rows, context);
    if (answers.length > shownAnswers) output.result(`and ${answers.length - shownAnswers} more`);
  }
  const trivial = Object.entries(baselines ?? {}).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  if (trivial.length > 0) output.result(`\nwithout a model: ${trivial.join(', ')}`);
  if (facts.notes.length > 0) {
    output.result('');
    printLines(
      facts.notes.map((note) => safeText(`- ${note}`)),
      context,
    );
  }
  output.result('');
}
