import { extname, join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import { writeWhole } from './write-outputs.ts';

/** One way to write a document, chosen by the ending of a file. */
export interface DocumentExporter<Document> {
  readonly extensions: readonly string[];
  readonly render: (document: Document) => string;
}

/** A file that `--out` asks for. */
export interface DocumentFile<Document> {
  readonly path: string;
  readonly render: (document: Document) => string;
}

/**
 * The files of `--out` for a command whose result isn't a report. A path without an ending is a folder: results.json goes
 * into it.
 *
 * @throws {UsageError} for an ending that is no format
 */
export function documentFiles<Document>(
  exporters: Readonly<Record<string, DocumentExporter<Document>>>,
  context: CliContext,
): readonly DocumentFile<Document>[] {
  const all = Object.values(exporters);
  return context.globals.out.map((name) => {
    const given = context.path(name);
    const path = extname(given) === '' ? join(given, 'results.json') : given;
    const exporter = all.find(({ extensions }) => extensions.some((ending) => path.endsWith(`.${ending}`)));
    if (exporter !== undefined) return { path, render: exporter.render };
    const known = all.flatMap(({ extensions }) => extensions.map((ending) => `.${ending}`)).join(' ');
    throw new UsageError(`--out ${name}: "${extname(path)}" is no format of ${context.commandName}`, {
      hint: `Use one of ${known}.`,
    });
  });
}

export async function writeDocuments<Document>(
  files: readonly DocumentFile<Document>[],
  document: Document,
  context: CliContext,
): Promise<void> {
  for (const { path, render } of files) {
    await writeWhole(path, render(document));
    context.output.note(`wrote ${path}`);
  }
}
