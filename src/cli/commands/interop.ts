import { join } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { foreignFormats } from '../../formats/foreign-formats.ts';
import { documentFormats, type Format, formatOfFile, knownEndings, type NamedFormat } from '../../present/formats.ts';
import { reportDocument } from '../../present/report-document.ts';
import { type SampleFormat, sampleFormats } from '../../present/samples.ts';
import { formatFiles, runFile, sampleRows } from '../../app/export-runs.ts';
import { reportRuns } from '../../app/report-runs.ts';
import { fileLimitsFrom } from '../../files/file-limits.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { project } from '../local-world.ts';
import { findRuns } from '../stored-runs.ts';
import { type exportOptions, type importOptions, runFormat } from '../tables/result-options.ts';
import { checkOutputs } from '../check-outputs.ts';
import { outputFiles, writeDocument, writeWhole } from '../write-outputs.ts';
import { importFiles as importInto } from '../../app/import-files.ts';
import { performanceCells } from '../read-table.ts';
import { printReport } from '../print-document.ts';
import { perbenchVersion } from '../version.ts';

type ExportOptions = CommandInput<typeof exportOptions>['options'];
type FolderFormat = keyof typeof foreignFormats;

const reports: Readonly<Record<string, Format>> = documentFormats.report;
const samples: Readonly<Record<string, SampleFormat>> = sampleFormats;

export const exportRuns: CommandHandler<typeof exportOptions> = async ({ arguments: names, options }, context) => {
  const { format } = options;
  if (format !== undefined && isFolderFormat(format)) return exportFolder(format, names, options, context);
  if (format === runFormat) return exportRun(names, options, context);
  return options.samples === true ? exportSamples(names, options, context) : exportReport(names, options, context);
};

function isFolderFormat(name: string): name is FolderFormat {
  return Object.hasOwn(foreignFormats, name);
}

function taskNames({ task }: ExportOptions): readonly string[] {
  return task === undefined ? [] : [task];
}

async function exportReport(names: readonly string[], options: ExportOptions, context: CliContext): Promise<number> {
  const { format } = options;
  const chosen = format === undefined ? undefined : reports[format];
  if (format !== undefined && chosen === undefined) {
    throw new UsageError(`--format ${format} is a sample format`, { hint: 'Add --samples.' });
  }
  const files = await outputFiles(context, 'report', chosen);
  const onScreen: Format = chosen ?? documentFormats.report.csv;
  if (files.length === 0) refuseBytes(onScreen, `table.${onScreen.extensions[0]}`);
  const { store, runs } = await findRuns(names, context);
  const report = await reportRuns(store, runs, { ...project(context), tasks: taskNames(options) });
  const document = reportDocument(report);
  if (files.length > 0) await writeDocument(document, files, context);
  else context.output.raw(textOf(await onScreen.write(document)));
  return exitCodes.done;
}

/** For `compare` and `gate`, here or on another machine. */
async function exportRun(names: readonly string[], options: ExportOptions, context: CliContext): Promise<number> {
  if (options.samples === true) {
    throw new UsageError(`--format ${runFormat} holds no samples`, { hint: 'Omit --samples, or use another format.' });
  }
  const files = context.globals.out.map((name) => ({ name, path: context.path(name) }));
  await checkOutputs(files, context);
  const { store, runs } = await findRuns(names, context);
  const { signal } = context.interruption;
  const text = await runFile({ store, runs, tasks: taskNames(options), signal });
  for (const { id, status } of runs.filter((run) => run.status !== 'finished')) {
    context.output.warn(`run ${id} is ${status}: cells that have not ended can be compared with none`);
  }
  for (const { path } of files) {
    await writeWhole(path, text);
    context.output.note(`wrote ${path}`);
  }
  if (files.length === 0) context.output.raw(text);
  return exitCodes.done;
}

async function exportSamples(names: readonly string[], options: ExportOptions, context: CliContext): Promise<number> {
  const { out } = context.globals;
  const files = out.map((name) => ({ name, path: context.path(name) }));
  const targets = files.length === 0 ? [undefined] : files.map(({ path }) => path);
  const chosen = targets.map((path) => ({ path, format: sampleFormat(path, options.format) }));
  await checkOutputs(files, context);
  const { store, runs } = await findRuns(names, context);
  for (const { path, format } of chosen) {
    const rows = sampleRows({ store, runs, tasks: taskNames(options), signal: context.interruption.signal });
    if (path !== undefined) {
      await writeWhole(path, format.write(rows));
      context.output.note(`wrote ${path}`);
    } else {
      for await (const line of format.write(rows)) context.output.raw(textOf(line));
    }
  }
  return exitCodes.done;
}

function sampleFormat(path: string | undefined, format: string | undefined): SampleFormat {
  const found = format === undefined && path !== undefined ? formatOfFile(samples, path) : samples[format ?? 'jsonl'];
  if (found === undefined) {
    const what = format === undefined ? `--out ${path}` : `--format ${format}`;
    const hint =
      format === undefined ? `Use one of ${knownEndings(samples)}.` : `Use ${Object.keys(samples).join(', ')}.`;
    throw new UsageError(`${what}: not a sample format`, { hint });
  }
  if (path === undefined) refuseBytes(found, `samples.${found.extensions[0]}`);
  return found;
}

function refuseBytes(format: NamedFormat, example: string): void {
  if (format.isBinary !== true) return;
  throw new UsageError('a binary format needs a file', { hint: `Add -o ${example}.` });
}

function textOf(content: string | Uint8Array): string {
  if (typeof content !== 'string') throw new Error('binary output on stdout');
  return content;
}

async function exportFolder(
  format: FolderFormat,
  names: readonly string[],
  options: ExportOptions,
  context: CliContext,
): Promise<number> {
  const [folder, ...others] = context.globals.out;
  if (folder === undefined || others.length > 0) {
    throw new UsageError(`--format ${format} writes several files and needs one folder`, {
      hint: `Add -o ${format}-results.`,
    });
  }
  await checkOutputs([{ name: folder, path: join(context.path(folder), 'results.json') }], context);
  const { store, runs } = await findRuns(names, context);
  const { signal } = context.interruption;
  let written = 0;
  for await (const { path, content } of formatFiles(format, context.path(folder), {
    store,
    runs,
    tasks: taskNames(options),
    signal,
  })) {
    await writeWhole(path, content);
    context.output.detail(`wrote ${path}`);
    context.output.record('file', { path });
    written += 1;
  }
  if (written === 0) {
    throw new UsageError(`nothing to write as ${format}: no suitable cell in ${runs.map(({ id }) => id).join(', ')}`, {
      hint: 'Check the cells with perbench show: those without an accuracy, and data sets that the format does not support, are left out.',
    });
  }
  context.output.note(`wrote ${written} files into ${context.path(folder)}`);
  return exitCodes.done;
}

export const importFiles: CommandHandler<typeof importOptions> = async (input, context) => {
  if (input.options.model !== undefined) return (await import('./import-answers.ts')).importAnswers(input, context);
  const { arguments: names, options } = input;
  refuseAnswerOptions(input);
  const outputs = await outputFiles(context, 'report');
  const { output } = context;
  const { task, performance, metric } = options;
  const report = await importInto(names, {
    workingFolder: context.workingFolder,
    limits: fileLimitsFrom(context.environment),
    signal: context.interruption.signal,
    commandLine: ['perbench', ...context.commandLine],
    perbenchVersion: perbenchVersion(),
    openStore: options.dryRun === true ? undefined : () => context.openStore(),
    rename: renames(options.rename),
    performance: performance === undefined ? undefined : await performanceCells(performance, context),
    metric,
    tasks: task === undefined ? [] : [task],
    onDetail: (text) => output.detail(text),
    onDoubt: (text) => output.warn(text),
    onImport: ({ run, isNew, tool }) => {
      output.record('imported', { runId: run.id, isNew, tool });
      output.note(isNew ? `imported as run ${run.id}` : `already imported as run ${run.id}`);
    },
  });
  await printReport(report, outputs, context);
  return exitCodes.done;
};

const answerFlags = {
  dataDir: '--data-dir',
  skipInvalid: '--skip-invalid',
  partial: '--partial',
  pricePerThousand: '--price-per-thousand',
  priceInput: '--price-input',
  priceOutput: '--price-output',
} as const;

/** Refuses what only answers have; the environment may name a folder with data at any time. */
function refuseAnswerOptions({ options, origins }: CommandInput<typeof importOptions>): void {
  for (const [key, flag] of Object.entries(answerFlags)) {
    const name = key as keyof typeof answerFlags;
    if (options[name] === undefined || origins[name]?.source === 'env') continue;
    throw new UsageError(`${flag} needs --model`, { hint: 'Name the model whose answers the file has.' });
  }
}

/** `old=new`; only the old name may contain equals signs. */
function renames(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      if (at < 1 || at === text.length - 1) {
        throw new UsageError(`--rename ${text}: expected old=new`, {
          hint: "For example: --rename 'Qwen/Qwen2.5-0.5B=qwen2.5-0.5b'.",
        });
      }
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}
