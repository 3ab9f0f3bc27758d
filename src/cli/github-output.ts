import { appendFile, stat } from 'node:fs/promises';
import { gateMarkdown, type GateDocument } from '../exporters/gate-exporters.ts';
import { fitSummary, githubAnnotations, stepSummaryBytes } from '../exporters/github-annotations.ts';
import type { CliContext } from './context.ts';

/**
 * Tells GitHub Actions: annotations on stderr, whose lines the runner reads like those of stdout, and the step summary in
 * the file that it names.
 */
export async function writeGithub(document: GateDocument, context: CliContext): Promise<void> {
  const { output, environment } = context;
  output.stderr.write(githubAnnotations(document.result));
  const summary = environment['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') return;
  const file = context.path(summary);
  try {
    // What other commands of the step wrote counts as well.
    const room = stepSummaryBytes - (await sizeOf(file));
    await appendFile(file, fitSummary(gateMarkdown(document), room));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    output.warn(`the step summary ${file} can't be written: ${error.message}`);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
