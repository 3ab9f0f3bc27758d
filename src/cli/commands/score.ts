import { UsageError } from '../../core/errors.ts';
import { judgeScoreboard } from '../../stats/judge-scoreboard.ts';
import { scoreTable } from '../../stats/score-table.ts';
import type { Scoreboard } from '../../stats/scoreboard.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { readTable } from '../read-table.ts';
import { printReport } from '../run-report.ts';
import { anchorsHint, scoringOf } from '../scoring.ts';
import type { scoreOptions } from '../tables/result-commands.ts';
import { isTaskNamed } from '../task-filter.ts';
import { outputFiles } from '../write-outputs.ts';

export const score: CommandHandler<typeof scoreOptions> = async ({ arguments: [file = '-'], options }, context) => {
  const files = outputFiles(context);
  const { anchors, weights, judge } = await scoringOf(options, context, undefined);
  const { scoreboards, notes } = scoreTable(await readTable(file, context), {
    file: file === '-' ? 'stdin' : file,
    isStrict: options.strict === true,
    ...(anchors && { anchors }),
    ...(weights && { weights }),
  });
  const wanted = scoreboards.filter(({ taskId }) => isTaskNamed(taskId, options.task));
  if (wanted.length === 0) {
    throw new UsageError(`no rows of ${options.task.join(', ')} in ${file === '-' ? 'stdin' : file}`, {
      hint: `It has ${scoreboards.map(({ taskId }) => taskId).join(', ')}.`,
    });
  }
  const judged = wanted.map((board) => judgeScoreboard(board, judge));
  const hint =
    anchors === undefined && options.anchors === undefined
      ? [`no PER-A without anchors: ${await anchorsHint(wanted)}`]
      : [];
  await printReport({ scoreboards: judged, notes: [...notes, ...hint] }, files, context);
  return judged.every(isWithoutModel) ? exitCodes.someCellsFailed : exitCodes.done;
};

function isWithoutModel({ flags }: Scoreboard): boolean {
  return flags.some(({ code }) => code === 'no_valid_model');
}
