import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import { reportExporters, type ReportExporter } from '../exporters/index.ts';
import type { Report } from '../exporters/report.ts';
import type { CliContext } from './context.ts';

/** A file that `--out` asks for. */
export interface OutputFile {
  /** Absolute. */
  readonly path: string;
  readonly exporter: ReportExporter;
}

/**
 * The files of `--out`, format by ending. A path without one is a folder, as in lm-eval: results.json goes into it.
 * Called before anything is measured: a wrong ending must not come up after hours.
 *
 * @throws {UsageError} for an ending that is no format
 */
export function outputFiles(context: CliContext): readonly OutputFile[] {
  return context.globals.out.map((name) => {
    const path = context.path(name);
    const extension = extname(path).slice(1);
    if (extension === '') return { path: join(path, 'results.json'), exporter: reportExporters.json };
    const exporters: readonly ReportExporter[] = Object.values(reportExporters);
    const exporter = exporters.find(({ extensions }) => extensions.includes(extension));
    if (exporter !== undefined) return { path, exporter };
    const known = exporters.flatMap(({ extensions }) => extensions.map((ending) => `.${ending}`)).join(' ');
    throw new UsageError(`--out ${name}: ".${extension}" is no format`, { hint: `Use one of ${known}.` });
  });
}

/** Writes a report into every file of `--out`. */
export async function writeOutputs(files: readonly OutputFile[], report: Report, context: CliContext): Promise<void> {
  for (const { path, exporter } of files) {
    await writeWhole(path, exporter.render(report));
    context.output.note(`wrote ${path}`);
  }
}

/** Beside and renamed: readers see the old file or the new one, never a part. */
export async function writeWhole(path: string, content: string | AsyncIterable<string>): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, content);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new EnvironmentError(`${path}: can't be written: ${error.message}`, {
      cause: error,
      hint: 'Name another file, or make room.',
    });
  }
}
