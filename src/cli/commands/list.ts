import type { Cell } from '../../core/cell.ts';
import type { RunRecord } from '../../core/store.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { openExistingStore } from '../stored-runs.ts';
import type { listOptions } from '../tables/result-options.ts';
import { textTable } from '../text-table.ts';

export const list: CommandHandler<typeof listOptions> = async ({ options: { status, last } }, context) => {
  const { output } = context;
  const store = await openExistingStore(context);
  const all = (await store?.listRuns()) ?? [];
  const runs = all.filter((run) => status === undefined || run.status === status).slice(0, last);
  const rows: (readonly string[])[] = [];
  for (const run of runs) {
    const cells = (await store?.cells(run.id)) ?? [];
    output.record('run', { ...run, cells: countStates(cells) });
    rows.push(runRow(run, cells));
  }
  if (rows.length > 0)
    output.result(textTable(['run', 'name', 'status', 'cells', 'models', 'tasks', 'protocol'], rows));
  else output.note(`no runs in ${context.storePath}`);
  return exitCodes.done;
};

function runRow({ id, name, status, protocol }: RunRecord, cells: readonly Cell[]): readonly string[] {
  const { done = 0, failed = 0, unavailable = 0 } = countStates(cells);
  const bad = failed + unavailable;
  const models = new Set(cells.map(({ model }) => model)).size;
  const tasks = new Set(cells.map(({ taskId }) => taskId)).size;
  const count = `${done}/${cells.length}${bad === 0 ? '' : `, ${bad} failed`}`;
  return [id, name, status, count, String(models), String(tasks), protocol];
}

function countStates(cells: readonly Cell[]): Partial<Record<Cell['state'], number>> {
  const counts: Partial<Record<Cell['state'], number>> = {};
  for (const { state } of cells) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
