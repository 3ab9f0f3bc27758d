import { dirname, join } from 'node:path';
import { PerbenchError } from '../../core/errors.ts';
import { reportDocument } from '../../present/report-document.ts';
import type { Report } from '../../present/report.ts';
import type { CliContext } from '../context.ts';
import { writeWhole } from '../write-outputs.ts';
import { htmlFormat } from './html-format.ts';

/** Where a run's own files are: beside the store. */
function runFolder(runId: string, { storePath }: CliContext): string {
  return join(dirname(storePath), 'runs', runId);
}

/**
 * Writes report.html of a run that has ended and says where it is. A page that can't be written is a warning: the
 * results themselves are safe in the store.
 */
export async function writeRunPage(runId: string, report: Report, context: CliContext): Promise<void> {
  const path = join(runFolder(runId, context), 'report.html');
  try {
    await writeWhole(path, await htmlFormat.write(reportDocument(report)));
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    context.output.warn(`no report.html: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
    return;
  }
  if (context.output.isJson) context.output.record('page', { runId, path });
  else context.output.note(`report: ${path}`);
}
