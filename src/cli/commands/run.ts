import { prepareRun } from '../../local/prepare-run.ts';
import { executePlan } from '../execute-plan.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { suiteOfCommand } from '../suite-command.ts';
import type { runOptions } from '../tables/measure-commands.ts';
import { outputFiles } from '../write-outputs.ts';

export const run: CommandHandler<typeof runOptions> = async (input, context) => {
  const files = outputFiles(context);
  const { suite } = await suiteOfCommand(input, context);
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const plan = await prepareRun(suite, local, context.interruption.signal).finally(() => status[Symbol.dispose]());
  return executePlan(plan, local, context, { files, isFresh: input.options.fresh === true });
};
