import { existsSync } from 'node:fs';
import { relative, dirname } from 'node:path';
import { findTasks } from '../../app/find-tasks.ts';
import { UsageError } from '../../core/errors.ts';
import { suiteSchema } from '../../core/suite.ts';
import type { TaskDefinition } from '../../core/task-definition.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandInput } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { taskTemplate } from '../suite-file/task-template.ts';
import type { initOptions } from '../tables/prepare-options.ts';
import { checkOutputs } from '../check-outputs.ts';
import { writeWhole } from '../write-outputs.ts';

type InitOptions = CommandInput<typeof initOptions>['options'];

/** Data as a file in some folder names them. */
function dataFrom(data: TaskDefinition['data'], folder: string): TaskDefinition['data'] {
  const { path, ...rest } = typeof data === 'string' ? { path: data } : data;
  const short = path.startsWith('hf:') ? path : relative(folder, path).replaceAll('\\', '/');
  return Object.keys(rest).length === 0 ? short : { path: short, ...rest };
}

/** Writes the task file of a data file, with all that was inferred: running it asks the same as running the data. */
export async function initTask(
  [data, out, extra]: readonly string[],
  { force, input, target, answer, skipInvalid }: InitOptions,
  context: CliContext,
): Promise<number> {
  if (data === undefined) {
    throw new UsageError('init task: no data file was named', { hint: 'Write: perbench init task tickets.csv' });
  }
  if (extra !== undefined) {
    throw new UsageError(`init task: "${extra}" is too many: one data file, and one task file to write`, {
      hint: 'Write: perbench init task tickets.csv tickets.task.yaml',
    });
  }
  if (out !== undefined && !/\.ya?ml$/.test(out)) {
    throw new UsageError(`${out}: not a YAML file`, { hint: 'Name a file with the extension .yaml.' });
  }
  if (out !== undefined) {
    refuseExisting(out, force, context);
    await checkOutputs([{ name: out, path: context.path(out) }], { ...context, inputFiles: [data] });
  }
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const entry = {
    task: data,
    ...(input !== undefined && { input }),
    ...(target !== undefined && { target }),
    ...(answer !== undefined && { answer }),
  };
  const suite = suiteSchema.parse({ models: ['none'], tasks: [entry], skipInvalid });
  const {
    suite: found,
    resolved,
    origins,
  } = await findTasks(suite, local, context.interruption.signal).finally(() => status[Symbol.dispose]());
  const [task, ...others] = resolved;
  const [stored] = found.tasks;
  const definition = typeof stored === 'string' ? undefined : stored?.definition;
  if (task === undefined || definition === undefined || others.length > 0) {
    throw new UsageError(`${data}: not a data file`, { hint: 'Write: perbench init task tickets.csv' });
  }
  for (const { leftOut } of origins.values()) for (const text of leftOut) context.output.warn(text);
  const file = out ?? `${task.name}.task.yaml`;
  refuseExisting(file, force, context);
  const path = context.path(file);
  await writeWhole(path, taskTemplate(task, definition, dataFrom(task.data, dirname(path))));
  context.output.record('task-file', { path });
  context.output.result(`wrote ${file}`);
  context.output.note(`next: perbench tasks ${file}, then perbench run -m MODEL -t ${file}`);
  return exitCodes.done;
}

function refuseExisting(file: string, force: boolean | undefined, context: CliContext): void {
  if (!existsSync(context.path(file)) || force === true) return;
  throw new UsageError(`${file} already exists`, { hint: 'Name another file, or pass --force to overwrite it.' });
}
