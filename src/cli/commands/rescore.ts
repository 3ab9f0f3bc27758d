import { reportRuns } from '../../local/report-runs.ts';
import { rescoreRuns } from '../../local/rescore-runs.ts';
import { createLocalContext, project } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { printReport, reportExitCode } from '../print-document.ts';
import { findRuns } from '../stored-runs.ts';
import type { storedRunOptions } from '../tables/measure-options.ts';
import { outputFiles } from '../write-outputs.ts';

export const rescore: CommandHandler<typeof storedRunOptions> = async ({ arguments: names, options }, context) => {
  const files = outputFiles(context, 'report');
  const { store, runs } = await findRuns(names, context);
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const dataDir = options.dataDir === undefined ? undefined : context.path(options.dataDir);
  for await (const cell of rescoreRuns(store, runs, local, { dataDir, signal: context.interruption.signal })) {
    context.output.record('rescored', cell);
    context.output.note(
      `${cell.model} / ${cell.taskId}: ${cell.changed} of ${cell.items} items have another score now`,
    );
  }
  status[Symbol.dispose]();
  const report = await reportRuns(store, runs, project(context));
  await printReport(report, files, context);
  return reportExitCode(report);
};
