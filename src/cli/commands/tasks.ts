import { type Cell, numberCell } from '../../present/document.ts';
import { suiteSchema } from '../../core/suite.ts';
import type { Task } from '../../core/task.ts';
import { findTasks, type FoundTasks } from '../../app/find-tasks.ts';
import { prepareTasks } from '../../app/prepare-tasks.ts';
import { taskPath } from '../../app/task-names.ts';
import { buildGenerateRequest, buildLikelihoodRequest } from '../../run/ask-items.ts';
import { promptText } from '../../run/score-sample.ts';
import type { PlannedTask } from '../../run/plan.ts';
import { defaultProtocols, loadTasks, tasks as registry } from '../../tasks/index.ts';
import type { CliContext } from '../context.ts';
import { printTable } from '../print-document.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { safeText } from '../../present/sanitise.ts';
import type { tasksOptions } from '../tables/prepare-options.ts';
import { printOwnTask } from '../print-own-task.ts';

type TasksOptions = CommandInput<typeof tasksOptions>['options'];

export const tasks: CommandHandler<typeof tasksOptions> = async ({ arguments: names, options }, context) => {
  const own = names.filter((name) => taskPath(name, context.workingFolder, context.homeFolder) !== undefined);
  const builtIn = names.filter((name) => !own.includes(name));
  if (own.length > 0) await showOwn(own, options, context);
  if (own.length > 0 && builtIn.length === 0) return exitCodes.done;
  if (options.writeOut === true) {
    await showPrompts(builtIn.length > 0 ? builtIn : ['all'], options, context);
  } else {
    const wanted: Task[] = [];
    for (const name of builtIn.length > 0 ? builtIn : Object.keys(registry)) {
      wanted.push(...(await loadTasks(name, options.shots)));
    }
    for (const task of wanted) context.output.record('task', taskRecord(task));
    const headings = ['task', 'short', 'items', 'shots', 'metric', 'answers', 'summary'];
    printTable(headings, wanted.map(taskRow), context);
  }
  return exitCodes.done;
};

const summaries: Readonly<Record<string, { readonly summary: string }>> = registry;

function shortName(id: string): string {
  return Object.entries(defaultProtocols).find(([, known]) => known === id)?.[0] ?? '';
}

function taskRow({ id, items, shots, metric, kind, title }: Task): readonly Cell[] {
  return [id, shortName(id), numberCell(items, 0), numberCell(shots, 0), metric, kind, summaries[id]?.summary ?? title];
}

function taskRecord({ id, title, items, shots, metric, kind, chance, category, dataset }: Task): object {
  return { id, short: shortName(id), title, items, shots, metric, kind, chance, category, dataset };
}

interface PreparedTasks {
  readonly planned: readonly PlannedTask[];
  readonly origins: FoundTasks['origins'];
}

async function prepare(
  names: readonly string[],
  { dataDir, shots, input, target, answer, skipInvalid }: Partial<TasksOptions>,
  context: CliContext,
): Promise<PreparedTasks> {
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const given = Object.entries({ shots, input, target, answer }).filter(([, value]) => value !== undefined);
  const set = Object.fromEntries(given);
  const suite = suiteSchema.parse({
    models: ['none'],
    tasks: names.map((task) => ({ task, ...set })),
    ...(dataDir !== undefined && { dataDir: context.path(dataDir) }),
    skipInvalid,
  });
  const { signal } = context.interruption;
  // What is inferred and found is the result here, and printed as such.
  const quiet = { ...local, onNote: undefined };
  const { suite: found, origins } = await findTasks(suite, quiet, signal);
  return { planned: await prepareTasks(found, quiet, signal, origins), origins };
}

/** The first items' prompts in both styles, as models get them before their own template. */
async function showPrompts(
  names: readonly string[],
  { dataDir, shots, items, skipInvalid }: TasksOptions,
  context: CliContext,
): Promise<void> {
  const { planned } = await prepare(names, { dataDir, shots, skipInvalid }, context);
  for (const task of planned) printPrompts(task, items, context);
}

/** What a task of the user's own is, as far as that shows without a model. */
async function showOwn(names: readonly string[], options: TasksOptions, context: CliContext): Promise<void> {
  const { planned, origins } = await prepare(names, options, context);
  for (const task of planned) {
    printOwnTask(task, origins.get(task.task.id)?.from, context);
    printPrompts(task, options.items, context);
  }
}

function printPrompts(planned: PlannedTask, count: number, context: CliContext): void {
  const shown = Math.min(count, planned.items.length);
  for (let position = 0; position < shown; position += 1) printPrompt(planned, position, context);
}

function printPrompt(planned: PlannedTask, position: number, { output }: CliContext): void {
  const { task, items } = planned;
  const item = items[position];
  const prompts =
    task.kind === 'generate'
      ? {
          plain: promptText(buildGenerateRequest(planned, task, position, 'plain')),
          chat: promptText(buildGenerateRequest(planned, task, position, 'chat')),
        }
      : buildLikelihoodRequest(planned, task, position);
  const expected = task.expected(item);
  const itemId = task.itemId(item);
  output.record('prompt', { task: task.id, itemId, ...prompts, expected });
  const parts = Object.entries(prompts).map(
    ([name, value]) => `[${name}]\n${typeof value === 'string' ? value : value.join('\n')}`,
  );
  output.result(safeText(`── ${task.id}, item ${itemId}\n${parts.join('\n')}\n[expected]\n${expected}\n`));
}
