import { extname, join } from 'node:path';
import { EnvironmentError, PerbenchError, UsageError } from '../core/errors.ts';
import { exporterByName, reportExporters, type ReportExporter } from '../exporters/index.ts';
import type { Report } from '../exporters/report.ts';
import { type FileContent, replaceFile } from '../files/replace-file.ts';
import type { CliContext } from './context.ts';
import { htmlExporter } from './page/html-exporter.ts';

/** Everything that a report can be written as. */
const fileExporters = { ...reportExporters, html: htmlExporter };

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
 * @param chosen format of all files, whatever their endings
 * @throws {UsageError} for an ending that is no format
 */
export function outputFiles(context: CliContext, chosen?: ReportExporter): readonly OutputFile[] {
  return context.globals.out.map((name) => {
    const path = context.path(name);
    const extension = extname(path);
    if (chosen !== undefined && extension !== '') return { path, exporter: chosen };
    if (extension === '') return folderFile(path, chosen ?? reportExporters.json);
    const exporter = exporterByName<ReportExporter>(fileExporters, path);
    if (exporter !== undefined) return { path, exporter };
    throw new UsageError(`--out ${name}: "${extension}" is no format`, {
      hint: `Use one of ${knownEndings(fileExporters)}.`,
    });
  });
}

function folderFile(folder: string, exporter: ReportExporter): OutputFile {
  return { path: join(folder, `results.${exporter.extensions[0]}`), exporter };
}

/** Endings of a family of exporters, as a user types them. */
export function knownEndings(exporters: Readonly<Record<string, { readonly extensions: readonly string[] }>>): string {
  return Object.values(exporters)
    .flatMap(({ extensions }) => extensions.map((ending) => `.${ending}`))
    .join(' ');
}

/** Writes a report into every file of `--out`. */
export async function writeOutputs(files: readonly OutputFile[], report: Report, context: CliContext): Promise<void> {
  for (const { path, exporter } of files) {
    await writeWhole(path, await exporter.render(report));
    context.output.note(`wrote ${path}`);
  }
}

/**
 * Writes a file whole or not at all.
 *
 * @throws {EnvironmentError} if it can't be written
 */
export async function writeWhole(path: string, content: FileContent): Promise<void> {
  try {
    await replaceFile(path, content);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    // An error of ours from whoever makes the content is not about the disk.
    if (error instanceof PerbenchError) throw error;
    throw new EnvironmentError(`${path}: can't be written: ${error.message}`, {
      cause: error,
      hint: 'Name another file, or make room.',
    });
  }
}
