import type { Block, Tone } from '../present/document.ts';
import { reportDocument } from '../present/report-document.ts';
import type { Report } from '../present/report.ts';
import { terminalText, type TerminalOptions } from '../present/terminal.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { writeDocument, type OutputFile } from './write-outputs.ts';

const colours = {
  title: 'bold',
  heading: 'underline',
  best: 'green',
  doubtful: 'yellow',
  bad: 'red',
  muted: 'dim',
} as const satisfies Readonly<Partial<Record<Tone, unknown>>>;

/** How blocks look in the terminal of a command: in colours where the stream shows them. */
export function terminalStyle({ output }: CliContext): NonNullable<TerminalOptions['style']> {
  return (text, ...tones) => {
    const known = tones.flatMap((tone) => (tone === 'plain' ? [] : [colours[tone]]));
    return known.length === 0 ? text : output.styled(text, known);
  };
}

/** A pipe or a file has no width: then a table is as wide as it needs to be. */
export function terminalWidth({ output }: CliContext): number {
  return output.stdout.isTTY === true ? (output.stdout.columns ?? 80) : 200;
}

/** Prints what people see of a document. */
export function printBlocks(blocks: readonly Block[], context: CliContext): void {
  context.output.result(terminalText(blocks, { width: undefined, style: terminalStyle(context) }));
}

/** Prints a report: tables for people, one record per scoreboard under `--json`, and the files of `--out`. */
export async function printReport(report: Report, files: readonly OutputFile[], context: CliContext): Promise<void> {
  const { output } = context;
  const document = reportDocument(report);
  output.result(
    terminalText(document.screen, { width: terminalWidth(context), style: terminalStyle(context) }).trimEnd(),
  );
  for (const scoreboard of report.scoreboards) output.record('scoreboard', scoreboard);
  for (const note of report.notes ?? []) output.record('note', { text: note });
  await writeDocument(document, files, context);
}

/** Verdict over a run: 3 where a cell failed, or a number of it is invalid. */
export function reportExitCode({ scoreboards }: Report): number {
  const isBad = scoreboards.some(({ rows }) =>
    rows.some(
      ({ state, flags }) =>
        state === 'failed' || state === 'unavailable' || flags.some(({ code }) => code === 'invalid'),
    ),
  );
  return isBad ? exitCodes.someCellsFailed : exitCodes.done;
}
