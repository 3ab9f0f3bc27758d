import type { Block, Tone } from '../present/document.ts';
import { reportDocument } from '../present/report-document.ts';
import type { Report } from '../present/report.ts';
import { terminalText, type TerminalOptions } from '../present/terminal.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { writeDocument, type OutputFile, writeRunPage } from './write-outputs.ts';
import type { RaceCertificate } from '../core/race.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { reportRuns } from '../app/report-runs.ts';
import { questionOf, questionText } from '../core/race-question.ts';
import { certificateBlocks, openRaceText } from '../present/certificate-document.ts';
import { project } from './local-world.ts';

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

/** Prints what people see of a report. */
export function printTables(report: Report, context: CliContext): void {
  const { screen } = reportDocument(report);
  const text = terminalText(screen, { width: terminalWidth(context), style: terminalStyle(context) }).trimEnd();
  if (text !== '') context.output.result(text);
}

/**
 * Prints a report: tables for people, one record per scoreboard under `--json`, and the files of `--out`.
 *
 * @param shown tasks whose tables were printed before
 */
export async function printReport(
  report: Report,
  files: readonly OutputFile[],
  context: CliContext,
  shown: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { output } = context;
  printTables({ ...report, scoreboards: report.scoreboards.filter(({ taskId }) => !shown.has(taskId)) }, context);
  for (const scoreboard of report.scoreboards) output.record('scoreboard', scoreboard);
  for (const note of report.notes ?? []) output.record('note', { text: note });
  await writeDocument(reportDocument(report), files, context);
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

/** The certificates of a run that asked a question, in the order of its tasks. */
export function certificatesOf({ manifest }: RunRecord): readonly RaceCertificate[] {
  return Object.values(manifest.race?.tasks ?? {})
    .map(({ certificate }) => certificate)
    .filter((certificate) => certificate !== undefined);
}

/** Prints where the races of a run stood when it was stopped. */
export function printOpenRaces({ manifest: { race } }: RunRecord, { output }: CliContext): void {
  for (const [taskId, { open, score }] of Object.entries(race?.tasks ?? {})) {
    if (race === undefined || open === undefined) continue;
    const question = questionText(questionOf(race.question));
    output.record('open-race', { taskId, question, ...open });
    const asked = { question, score: score?.version ?? null, taskId };
    output.result(openRaceText(asked, open));
  }
}

/** Verdict over a race: 3 where a model couldn't be judged, 4 where no model qualifies, 6 where several are left. */
export function raceExitCode(certificates: readonly RaceCertificate[]): number {
  if (certificates.some(({ models }) => models.some(({ status }) => status === 'failed'))) {
    return exitCodes.someCellsFailed;
  }
  if (certificates.some(({ outcome }) => outcome === 'none')) return exitCodes.gateFailed;
  return certificates.some(({ outcome }) => outcome === 'tie') ? exitCodes.gateInconclusive : exitCodes.done;
}

/** Prints what a race decided, and writes the files of `--out`. */
export async function reportRace(
  run: RunRecord,
  store: Store,
  files: readonly OutputFile[],
  context: CliContext,
): Promise<number> {
  const certificates = certificatesOf(run);
  context.output.result(certificates.map((each) => terminalText(certificateBlocks(each))).join('\n\n'));
  const report = await reportRuns(store, [run], project(context));
  await writeDocument(reportDocument(report), files, context);
  await writeRunPage(run.id, report, context);
  return raceExitCode(certificates);
}
