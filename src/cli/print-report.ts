import type { Report } from '../exporters/report.ts';
import { terminalReport, type TerminalOptions, type TextRole } from '../exporters/terminal-table.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { writeOutputs, type OutputFile } from './write-outputs.ts';

const styles: Readonly<Partial<Record<TextRole, Parameters<CliContext['output']['styled']>[1]>>> = {
  title: 'bold',
  heading: 'underline',
  best: 'green',
  doubtful: 'yellow',
  muted: 'dim',
};

/** Colours of tables, where the stream shows any. */
export function tableStyle({ output }: CliContext): NonNullable<TerminalOptions['style']> {
  return (text, role) => {
    const known = styles[role];
    return known === undefined ? text : output.styled(text, known);
  };
}

/** Prints a report: tables for people, one record per scoreboard under `--json`, and the files of `--out`. */
export async function printReport(report: Report, files: readonly OutputFile[], context: CliContext): Promise<void> {
  const { output } = context;
  output.result(terminalReport(report, { width: tableWidth(context), style: tableStyle(context) }).trimEnd());
  for (const scoreboard of report.scoreboards) output.record('scoreboard', scoreboard);
  for (const note of report.notes ?? []) output.record('note', { text: note });
  await writeOutputs(files, report, context);
}

/** A pipe or a file has no width: then a table is as wide as it needs to be. */
export function tableWidth({ output }: CliContext): number {
  return output.stdout.isTTY === true ? (output.stdout.columns ?? 80) : 200;
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
