import { UsageError } from '../../core/errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { performanceCells } from '../import/performance-source.ts';
import { printReport, runReport } from '../run-report.ts';
import { findRuns } from '../stored-runs.ts';
import type { reportOptions } from '../tables/result-commands.ts';
import { isTaskNamed } from '../task-filter.ts';
import { outputFiles } from '../write-outputs.ts';

export const report: CommandHandler<typeof reportOptions> = async ({ arguments: names, options }, context) => {
  const files = outputFiles(context);
  const { store, runs } = await findRuns(names, context);
  const performance =
    options.performance === undefined ? undefined : await performanceCells(options.performance, context);
  const made = await runReport(store, runs, context, {
    filter: ({ taskId }) => isTaskNamed(taskId, options.task),
    performance,
    scoring: options,
  });
  if (made.scoreboards.length === 0) {
    throw new UsageError(`no cells of ${options.task.join(', ')} in ${runs.map(({ id }) => id).join(', ')}`, {
      hint: 'perbench show lists the cells of a run.',
    });
  }
  await printReport(made, files, context);
  return exitCodes.done;
};
