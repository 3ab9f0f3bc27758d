import { type Cell, numberCell } from '../../present/document.ts';
import { suiteSchema } from '../../core/suite.ts';
import type { Task } from '../../core/task.ts';
import { prepareTasks } from '../../app/prepare-tasks.ts';
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

export const tasks: CommandHandler<typeof tasksOptions> = async ({ arguments: names, options }, context) => {
  if (options.writeOut === true) {
    await writeOut(names.length > 0 ? names : ['all'], options, context);
  } else {
    const wanted: Task[] = [];
    for (const name of names.length > 0 ? names : Object.keys(registry)) {
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

/** The first item's prompt in both styles, as models get it before their own template. */
async function writeOut(
  names: readonly string[],
  { dataDir, shots }: CommandInput<typeof tasksOptions>['options'],
  context: CliContext,
): Promise<void> {
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const entries = names.map((task) => ({ task, ...(shots !== undefined && { shots }) }));
  const suite = suiteSchema.parse({
    models: ['none'],
    tasks: entries,
    ...(dataDir !== undefined && { dataDir: context.path(dataDir) }),
  });
  for (const planned of await prepareTasks(suite, local, context.interruption.signal)) printPrompt(planned, context);
}

function printPrompt(planned: PlannedTask, { output }: CliContext): void {
  const { task, items } = planned;
  const [first] = items;
  const prompts =
    task.kind === 'generate'
      ? {
          plain: promptText(buildGenerateRequest(planned, task, 0, 'plain')),
          chat: promptText(buildGenerateRequest(planned, task, 0, 'chat')),
        }
      : buildLikelihoodRequest(planned, task, 0);
  const expected = task.expected(first);
  const itemId = task.itemId(first);
  output.record('prompt', { task: task.id, itemId, ...prompts, expected });
  const parts = Object.entries(prompts).map(
    ([name, value]) => `[${name}]\n${typeof value === 'string' ? value : value.join('\n')}`,
  );
  output.result(safeText(`── ${task.id}, item ${itemId}\n${parts.join('\n')}\n[expected]\n${expected}\n`));
}
