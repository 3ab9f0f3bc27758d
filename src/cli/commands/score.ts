import { reportTable } from '../../local/report-runs.ts';
import type { Scoreboard } from '../../scoring/scoreboard.ts';
import { exitCodes } from '../exit-codes.ts';
import { project } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { printReport } from '../print-document.ts';
import { readTable, tableName } from '../read-table.ts';
import { scoringChoice } from '../scoring.ts';
import type { scoreOptions } from '../tables/result-options.ts';
import { outputFiles } from '../write-outputs.ts';

export const score: CommandHandler<typeof scoreOptions> = async ({ arguments: [file = '-'], options }, context) => {
  const files = outputFiles(context, 'report');
  const report = await reportTable(await readTable(file, context), {
    ...project(context),
    file: tableName(file),
    tasks: options.task,
    scoring: scoringChoice(options),
    isStrict: options.strict,
  });
  await printReport(report, files, context);
  return report.scoreboards.every(isWithoutModel) ? exitCodes.someCellsFailed : exitCodes.done;
};

function isWithoutModel({ flags }: Scoreboard): boolean {
  return flags.some(({ code }) => code === 'no_valid_model');
}
