import { extname } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { isTaskNamed } from '../../local/known-tasks.ts';
import { reportRuns } from '../../local/report-runs.ts';
import { parametersInName } from '../../report/charts/accuracy-by-size.ts';
import { statedSizes } from '../../report/charts/scoreboard-data.ts';
import { scoreboardFigures } from '../../report/figures/scoreboard-figures.ts';
import { catalogue } from '../../sources/catalogue.ts';
import { scoreTable } from '../../formats/score-table.ts';
import type { Scoreboard } from '../../scoring/scoreboard.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { readTable } from '../read-table.ts';
import { project } from '../local-world.ts';
import { findRuns } from '../stored-runs.ts';
import type { figuresOptions } from '../tables/result-options.ts';
import { writeFigures } from '../write-figures.ts';

interface Drawable {
  readonly boards: readonly Scoreboard[];
  readonly source: string;
  readonly parameters: ReadonlyMap<string, number>;
}

export const figures: CommandHandler<typeof figuresOptions> = async (input, context) => {
  const folder = figureFolder(context);
  const { width, dpi, task } = input.options;
  const { boards, source, parameters } = await drawable(input, context);
  if (boards.length === 0) {
    throw new UsageError(`nothing to draw${task.length > 0 ? ` of ${task.join(', ')}` : ''}`, {
      hint: 'perbench report shows the tasks that are there.',
    });
  }
  const parametersOf = (model: string): number | undefined =>
    parameters.get(model) ?? parametersInName(model) ?? catalogueParameters(model);
  const made = scoreboardFigures(boards, { widthMm: width, parametersOf });
  await writeFigures(folder, made, { widthMm: width, dpi, source }, context);
  return exitCodes.done;
};

/** The one folder that figures go into. */
function figureFolder(context: CliContext): string {
  const [folder = 'figures', second] = context.globals.out;
  if (second !== undefined) throw new UsageError('--out: figures go into one folder', { hint: 'Give --out once.' });
  if (extname(folder) !== '') {
    throw new UsageError(`--out ${folder}: figures go into a folder`, { hint: 'Name a folder, such as figures.' });
  }
  return context.path(folder);
}

async function drawable(
  { arguments: names, options }: CommandInput<typeof figuresOptions>,
  context: CliContext,
): Promise<Drawable> {
  if (options.table !== undefined) {
    if (names.length > 0) {
      throw new UsageError('--table and runs: one of the two can be drawn', { hint: 'Leave one of them out.' });
    }
    const file = options.table === '-' ? 'stdin' : options.table;
    const { scoreboards } = scoreTable(await readTable(options.table, context), { file });
    return {
      boards: scoreboards.filter(({ taskId }) => isTaskNamed(taskId, options.task)),
      source: `Table ${file}`,
      parameters: new Map(),
    };
  }
  const { store, runs } = await findRuns(names, context);
  const report = await reportRuns(store, runs, { ...project(context), tasks: options.task });
  const ids = runs.map(({ id }) => id).join(', ');
  return { boards: report.scoreboards, source: `Run ${ids}`, parameters: statedSizes(runs) };
}

/** Sizes of models whose names state none, such as the paper's Phi-3.5. */
function catalogueParameters(model: string): number | undefined {
  return catalogue.find(({ name, paperName }) => name === model || paperName === model)?.parameters;
}
