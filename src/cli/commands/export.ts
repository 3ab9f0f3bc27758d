import { UsageError } from '../../core/errors.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import { reportExporters, sampleExporters, type SampleExporter } from '../../exporters/index.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { runReport } from '../run-report.ts';
import { findRuns } from '../stored-runs.ts';
import type { exportOptions } from '../tables/result-commands.ts';
import { isTaskNamed } from '../task-filter.ts';
import { outputFiles, writeOutputs, writeWhole } from '../write-outputs.ts';

type ExportOptions = CommandInput<typeof exportOptions>['options'];

export const exportRuns: CommandHandler<typeof exportOptions> = async ({ arguments: names, options }, context) => {
  if (options.samples === true) return exportSamples(names, options, context);
  const files = outputFiles(context);
  const { format = 'csv' } = options;
  if (format === 'jsonl') throw new UsageError('--format jsonl is a format of samples', { hint: 'Add --samples.' });
  const { store, runs } = await findRuns(names, context);
  const report = await runReport(store, runs, ({ taskId }) => isTaskNamed(taskId, taskNames(options)));
  if (files.length > 0) await writeOutputs(files, report, context);
  else context.output.raw(reportExporters[format].render(report));
  return exitCodes.done;
};

function taskNames({ task }: ExportOptions): readonly string[] {
  return task === undefined ? [] : [task];
}

async function exportSamples(names: readonly string[], options: ExportOptions, context: CliContext): Promise<number> {
  const exporters: Readonly<Record<string, SampleExporter>> = sampleExporters;
  const { out } = context.globals;
  const targets = out.length === 0 ? [undefined] : out.map((name) => context.path(name));
  const chosen = targets.map((path) => ({ path, exporter: sampleExporter(path, options.format, exporters) }));
  const { store, runs } = await findRuns(names, context);
  for (const { path, exporter } of chosen) {
    const lines = sampleLines(exporter, store, runs, taskNames(options), context.interruption.signal);
    if (path !== undefined) {
      await writeWhole(path, lines);
      context.output.note(`wrote ${path}`);
    } else {
      for await (const line of lines) context.output.raw(line);
    }
  }
  return exitCodes.done;
}

function sampleExporter(
  path: string | undefined,
  format: string | undefined,
  exporters: Readonly<Record<string, SampleExporter>>,
): SampleExporter {
  const byEnding = Object.values(exporters).find(({ extensions }) =>
    extensions.some((ending) => path?.endsWith(`.${ending}`)),
  );
  const found = path === undefined ? exporters[format ?? 'jsonl'] : byEnding;
  if (found !== undefined) return found;
  const what = path === undefined ? `--format ${format}` : `--out ${path}`;
  throw new UsageError(`${what}: no format of samples`, { hint: `Use ${Object.keys(exporters).join(' or ')}.` });
}

/** Samples of all cells, one after another; the heading of a format that has one comes once. */
async function* sampleLines(
  exporter: SampleExporter,
  store: Store,
  runs: readonly RunRecord[],
  tasks: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  let heading: string | undefined;
  for (const run of runs) {
    for (const { id, model, taskId, protocol } of await store.cells(run.id)) {
      if (!isTaskNamed(taskId, tasks)) continue;
      const origin = { runId: run.id, model, task: taskId, protocol };
      let isFirst = true;
      for await (const line of exporter.render(store.samples(id), origin)) {
        signal.throwIfAborted();
        if (isFirst && line === heading) {
          isFirst = false;
          continue;
        }
        heading ??= line;
        isFirst = false;
        yield line;
      }
    }
  }
}
