import { UsageError } from '../../core/errors.ts';
import { reportRuns } from '../../local/report-runs.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { performanceCells } from '../performance-source.ts';
import { project } from '../local-world.ts';
import { printReport } from '../print-document.ts';
import { scoringChoice } from '../scoring.ts';
import { findRuns } from '../stored-runs.ts';
import type { reportOptions } from '../tables/result-options.ts';
import { outputFiles } from '../write-outputs.ts';

export const report: CommandHandler<typeof reportOptions> = async ({ arguments: names, options }, context) => {
  const files = outputFiles(context, 'report');
  const { store, runs } = await findRuns(names, context);
  const performance =
    options.performance === undefined ? undefined : await performanceCells(options.performance, context);
  const made = await reportRuns(store, runs, {
    ...project(context),
    tasks: options.task,
    performance,
    scoring: scoringChoice(options),
  });
  if (made.scoreboards.length === 0) {
    throw new UsageError(`no cells of ${options.task.join(', ')} in ${runs.map(({ id }) => id).join(', ')}`, {
      hint: 'perbench show lists the cells of a run.',
    });
  }
  await printReport(made, files, context);
  return exitCodes.done;
};
