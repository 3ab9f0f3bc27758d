import { statSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { EnvironmentError, PerbenchError, UsageError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { withRemedy } from '../core/with-remedy.ts';
import type { Document } from '../present/document.ts';
import { documentFormats, type Format, formatOfFile, knownEndings } from '../present/formats.ts';
import { fitSummary, githubAnnotations, stepSummaryBytes } from '../present/check-text.ts';
import { markdownText } from '../present/markdown.ts';
import { reportDocument } from '../present/report-document.ts';
import type { Report } from '../present/report.ts';
import { ifThere } from '../files/if-there.ts';
import { isGiven } from '../files/read-file.ts';
import { type FileContent, replaceFile } from '../files/replace-file.ts';
import { checkOutputs } from './check-outputs.ts';
import type { CliContext } from './context.ts';
import { htmlFormat } from './report-page.ts';

/** Everything that each kind of document can be written as. */
const fileFormats = { ...documentFormats, report: { ...documentFormats.report, html: htmlFormat } };

/** A file that `--out` asks for. */
export interface OutputFile {
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
}

/**
 * The files of `--out`, format by ending. A path without one is a folder, as in lm-eval: results.json goes into it.
 * Called before anything is measured: a wrong ending must not come up after hours.
 *
 * @param chosen format of all files, whatever their endings
 * @param others endings of files that are no documents: the command writes them itself
 * @throws {UsageError} for an ending that is no format, and as {@link checkOutputs}
 */
export async function outputFiles(
  context: CliContext,
  kind: keyof typeof fileFormats,
  chosen?: Format,
  others: readonly string[] = [],
): Promise<readonly OutputFile[]> {
  const known: Readonly<Record<string, Format>> = fileFormats[kind];
  const names = context.globals.out.filter((name) => !others.some((ending) => name.toLowerCase().endsWith(ending)));
  const files = names.map((name) => {
    const path = context.path(name);
    // As shells complete folders.
    const extension = name.endsWith('/') ? '' : extname(path);
    if (extension === '' && !isStream(path)) {
      const format = chosen ?? documentFormats[kind].json;
      return { name, path: join(path, `results.${format.extensions[0]}`), format };
    }
    const format = chosen ?? (extension === '' ? documentFormats[kind].json : formatOfFile(known, path));
    if (format !== undefined) return { name, path, format };
    throw new UsageError(`--out ${name}: unknown format "${extension}" for ${context.commandName}`, {
      hint: `Use one of ${[knownEndings(known), ...others].join(' ')}.`,
    });
  });
  await checkOutputs(files, context);
  return files;
}

/** `/dev/null`, `/dev/stdout` and the like aren't folders for files. */
function isStream(path: string): boolean {
  if (isGiven(path)) return true;
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && !there.isFile() && !there.isDirectory();
}

/** Writes a document into every file of `--out`. */
export async function writeDocument(
  document: Document,
  files: readonly OutputFile[],
  context: CliContext,
): Promise<void> {
  for (const { path, format } of files) {
    await writeWhole(path, await format.write(document));
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
    // Others are thrown while the content is made.
    if (!isSystemError(error)) throw error;
    throw new EnvironmentError(`${path}: cannot be written: ${systemErrorWords(error)}`, {
      cause: error,
      hint: 'Name another file, or free some space.',
    });
  }
}

/**
 * Tells GitHub Actions: annotations on stderr, whose lines the runner reads like those of stdout, and the step summary in
 * the file that it names.
 */
export async function writeGithub(document: Document, context: CliContext): Promise<void> {
  const { output, environment } = context;
  output.command(githubAnnotations(document));
  const summary = environment['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') return;
  const file = context.path(summary);
  try {
    // What other commands of the step wrote counts as well.
    const room = stepSummaryBytes - (await sizeOf(file));
    await appendFile(file, fitSummary(markdownText(document), room));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    output.warn(`the step summary ${file} cannot be written: ${systemErrorWords(error)}`);
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await ifThere(stat(file)))?.size ?? 0;
}

/** The page of a run, among its own files on this machine: beside the store, where that is a file. */
export function runPagePath(runId: string, { storePlace }: CliContext): string {
  return join(storePlace.folder, 'runs', runId, 'report.html');
}

/**
 * Writes report.html of a run that has ended; what to do next says where it is. A page that can't be written is a warning: the
 * results themselves are safe in the store.
 */
export async function writeRunPage(runId: string, report: Report, context: CliContext): Promise<void> {
  const path = runPagePath(runId, context);
  try {
    await writeWhole(path, await htmlFormat.write(reportDocument(report)));
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    context.output.warn(`no report.html: ${withRemedy(error.message, error.hint)}`);
    return;
  }
  context.output.record('page', { runId, path });
}
