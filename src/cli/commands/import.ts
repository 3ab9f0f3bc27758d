import { UsageError } from '../../core/errors.ts';
import type { ImportedCell, Imported } from '../../exporters/formats/format.ts';
import type { Report } from '../../exporters/report.ts';
import { isTaskNamed, scoreboardTasks } from '../../local/known-tasks.ts';
import { createScoreboards } from '../../stats/create-scoreboards.ts';
import { joinPerformance } from '../../stats/join-performance.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { foreignFiles } from '../import/foreign-files.ts';
import { performanceCells } from '../import/performance-source.ts';
import { storeImported } from '../import/store-imported.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { printReport } from '../print-report.ts';
import type { importOptions } from '../tables/interop-commands.ts';
import { outputFiles } from '../write-outputs.ts';

type ImportOptions = CommandInput<typeof importOptions>['options'];

export const importFiles: CommandHandler<typeof importOptions> = async ({ arguments: names, options }, context) => {
  const outputs = outputFiles(context);
  const rename = renames(options.rename);
  const performance = options.performance === undefined ? [] : await performanceCells(options.performance, context);
  const read = await foreignFiles(names, context);
  const shown: ImportedCell[] = [];
  const notes: string[] = [];
  for (const { read: reader, files } of read) {
    const imported = chosen(reader.read(files, { metric: options.metric }), options, rename);
    if (imported.cells.length === 0) continue;
    for (const note of imported.notes) context.output.warn(note);
    shown.push(...imported.cells);
    notes.push(`Accuracy was measured by ${imported.tool}.`);
    if (options.dryRun !== true) await keep({ imported, files }, context);
  }
  if (shown.length === 0) {
    throw new UsageError('no result of these tasks is in the files', {
      hint: 'Leave --task out to see what is there.',
    });
  }
  for (const old of rename.keys()) {
    if (!rename.has(old) || shown.some(({ model }) => model === rename.get(old))) continue;
    context.output.warn(`--rename: no model is called "${old}"`);
  }
  await printReport(await scoredReport(distinctCells(shown), performance, notes, options), outputs, context);
  return exitCodes.done;
};

/** `old=new`; the old name may hold equals signs, the new one doesn't. */
function renames(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      if (at < 1 || at === text.length - 1) {
        throw new UsageError(`--rename ${text}: expected old=new`, {
          hint: "Such as --rename 'Qwen/Qwen2.5-0.5B=qwen2.5-0.5b'.",
        });
      }
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}

function chosen(imported: Imported, { task }: ImportOptions, rename: ReadonlyMap<string, string>): Imported {
  const cells = imported.cells
    .filter(({ taskId }) => isTaskNamed(taskId, task === undefined ? [] : [task]))
    .map((cell) => ({ ...cell, model: rename.get(cell.model) ?? cell.model }));
  return { ...imported, cells };
}

async function keep(input: Parameters<typeof storeImported>[0], context: CliContext): Promise<void> {
  const { run, isNew } = await storeImported(input, await context.openStore(), context);
  context.output.record('imported', { runId: run.id, isNew, tool: input.imported.tool });
  context.output.note(isNew ? `imported as run ${run.id}` : `these results are already here, as run ${run.id}`);
}

/** The same model on the same task from two programs is two rows. */
function distinctCells(cells: readonly ImportedCell[]): readonly ImportedCell[] {
  const places = Map.groupBy(cells, ({ model, taskId }) => JSON.stringify([model, taskId]));
  return cells.map((cell) => {
    const isAlone = places.get(JSON.stringify([cell.model, cell.taskId]))?.length === 1;
    return isAlone ? cell : { ...cell, model: `${cell.model} (${cell.from})` };
  });
}

async function scoredReport(
  imported: readonly ImportedCell[],
  performance: Parameters<typeof joinPerformance>[1],
  notes: readonly string[],
  { performance: source }: ImportOptions,
): Promise<Report> {
  const own = imported.map(({ model, taskId, measurements }) => ({
    model,
    taskId,
    measurements,
    state: 'done' as const,
  }));
  const { cells, notes: joined } = source === undefined ? { cells: own, notes: [] } : joinPerformance(own, performance);
  const hint =
    'Only accuracy is known: --performance takes speed and memory from a run or a table, and then there is a score.';
  const scoreboards = createScoreboards(cells, { tasks: await scoreboardTasks(cells.map(({ taskId }) => taskId)) });
  const isScored = scoreboards.some(({ rows }) => rows.some(({ score }) => score !== undefined));
  return { scoreboards, notes: [...new Set(notes), ...joined, ...(isScored || source !== undefined ? [] : [hint])] };
}
