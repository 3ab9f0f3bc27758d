import { UsageError } from '../../core/errors.ts';
import { localRescore } from '../../local/local-run.ts';
import { reportRuns } from '../../local/report-runs.ts';
import { createLocalContext, project } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { printReport, reportExitCode } from '../print-report.ts';
import { findRuns } from '../stored-runs.ts';
import type { storedRunOptions } from '../tables/measure-commands.ts';
import { outputFiles } from '../write-outputs.ts';

export const rescore: CommandHandler<typeof storedRunOptions> = async ({ arguments: names, options }, context) => {
  const files = outputFiles(context);
  const { store, runs } = await findRuns(names, context);
  const foreign = runs.find(({ manifest }) => manifest.imported !== undefined);
  if (foreign !== undefined) {
    throw new UsageError(`run ${foreign.id} was imported: it was scored by ${foreign.manifest.imported?.tool}`, {
      hint: 'Score it again there, and import the result.',
    });
  }
  const race = runs.find(({ manifest }) => manifest.race !== undefined);
  if (race !== undefined) {
    throw new UsageError(`run ${race.id} decided a question by the scores that it had: other scores would belie it`, {
      hint: 'Run the race again with --fresh.',
    });
  }
  using status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  for (const run of runs) {
    const dataDir = options.dataDir === undefined ? run.suite.dataDir : context.path(options.dataDir);
    const moved = { ...run, suite: { ...run.suite, ...(dataDir !== undefined && { dataDir }) } };
    for await (const cell of localRescore(moved, local, store, context.interruption.signal)) {
      context.output.record('rescored', { runId: run.id, ...cell });
      context.output.note(
        `${cell.model} / ${cell.taskId}: ${cell.changed} of ${cell.items} items have another score now`,
      );
    }
  }
  status[Symbol.dispose]();
  const report = await reportRuns(store, runs, project(context));
  await printReport(report, files, context);
  return reportExitCode(report);
};
