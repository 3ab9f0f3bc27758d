import type { Cell } from '../../core/cell.ts';
import type { RunRecord } from '../../core/store.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { openExistingStore, findRuns } from '../stored-runs.ts';
import type { listOptions, reportOptions, scoreOptions } from '../tables/result-options.ts';
import { type Cell as TableCell, numberCell } from '../../present/document.ts';
import { plainTable } from '../../present/terminal.ts';
import { UsageError } from '../../core/errors.ts';
import { reportRuns, reportTable } from '../../app/report-runs.ts';
import { performanceCells, readTable, tableName } from '../read-table.ts';
import { project } from '../local-world.ts';
import { printReport } from '../print-document.ts';
import { scoringChoice } from '../scoring.ts';
import { outputFiles } from '../write-outputs.ts';
import type { Scoreboard } from '../../scoring/scoreboard.ts';

export const list: CommandHandler<typeof listOptions> = async ({ options: { status, last } }, context) => {
  const { output } = context;
  const store = await openExistingStore(context);
  const all = (await store?.listRuns()) ?? [];
  const runs = all.filter((run) => status === undefined || run.status === status).slice(0, last);
  const rows: (readonly TableCell[])[] = [];
  for (const run of runs) {
    const cells = (await store?.cells(run.id)) ?? [];
    output.record('run', { ...run, cells: countStates(cells) });
    rows.push(runRow(run, cells));
  }
  if (rows.length > 0)
    output.result(plainTable(['run', 'name', 'status', 'cells', 'models', 'tasks', 'protocol'], rows));
  else output.note(`no runs in ${context.storePath}`);
  return exitCodes.done;
};

function runRow({ id, name, status, protocol }: RunRecord, cells: readonly Cell[]): readonly TableCell[] {
  const { done = 0, failed = 0, unavailable = 0 } = countStates(cells);
  const bad = failed + unavailable;
  const models = new Set(cells.map(({ model }) => model)).size;
  const tasks = new Set(cells.map(({ taskId }) => taskId)).size;
  const count = `${done}/${cells.length}${bad === 0 ? '' : `, ${bad} failed`}`;
  return [id, name, status, count, numberCell(models, 0), numberCell(tasks, 0), protocol];
}

function countStates(cells: readonly Cell[]): Partial<Record<Cell['state'], number>> {
  const counts: Partial<Record<Cell['state'], number>> = {};
  for (const { state } of cells) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

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

export const score: CommandHandler<typeof scoreOptions> = async ({ arguments: [file = '-'], options }, context) => {
  const files = outputFiles(context, 'report');
  const made = await reportTable(await readTable(file, context), {
    ...project(context),
    file: tableName(file),
    tasks: options.task,
    scoring: scoringChoice(options),
    isStrict: options.strict,
  });
  await printReport(made, files, context);
  return made.scoreboards.every(isWithoutModel) ? exitCodes.someCellsFailed : exitCodes.done;
};

function isWithoutModel({ flags }: Scoreboard): boolean {
  return flags.some(({ code }) => code === 'no_valid_model');
}
