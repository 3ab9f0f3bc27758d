import { answersHeadline } from '../scoring/answer-text.ts';
import { breakText } from '../present/text-width.ts';
import { type Block, type Cell, gap, simpleTable, tableBlock, textBlock, type Tone } from '../present/document.ts';
import { reportDocument } from '../present/report-document.ts';
import type { Report } from '../present/report.ts';
import { terminalText, type TerminalOptions } from '../present/terminal.ts';
import type { CliContext } from './context.ts';
import { answerExitCode, exitCodes } from './exit-codes.ts';
import { printNext } from './next-commands.ts';
import { writeDocument, type OutputFile, writeRunPage } from './write-outputs.ts';
import type { RaceCertificate } from '../core/race.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { reportRuns } from '../app/report-runs.ts';
import { questionOf, questionText } from '../core/race-question.ts';
import { certificateBlocks, openRaceText } from '../present/certificate-document.ts';
import { ladderBlocks } from '../present/ladder-document.ts';
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

const usualWidth = 80;

/** What COLUMNS says, as elsewhere; else that of the terminal. A pipe or a file is read in one sooner or later. */
export function terminalWidth({ output: { stdout }, environment }: CliContext): number {
  const wanted = Number(environment['COLUMNS']);
  if (Number.isInteger(wanted) && wanted > 0) return wanted;
  return (stdout.isTTY === true ? stdout.columns : undefined) ?? usualWidth;
}

/** How what people see of a document fits the terminal of a command; whole under `-v`. */
function fitted(context: CliContext): TerminalOptions {
  return {
    width: terminalWidth(context),
    style: terminalStyle(context),
    isWhole: context.globals.verbose > 0,
  };
}

/** Prints a list. */
export function printTable(headings: readonly string[], rows: readonly (readonly Cell[])[], context: CliContext): void {
  printBlocks([tableBlock(simpleTable(headings, rows))], context);
}

/** Columns of the terminal where somebody sees it; lines that other programs read are as long as they are. */
function seenWidth(context: CliContext): number | undefined {
  return context.output.stdout.isTTY === true ? terminalWidth(context) : undefined;
}

/** Prints lines, broken where they would leave the terminal, without losing anything. */
export function printLines(lines: readonly string[], context: CliContext): void {
  const width = seenWidth(context);
  const broken = width === undefined ? lines : lines.flatMap((line) => breakText(line, width));
  context.output.result(broken.join('\n'));
}

/** Prints what people see of a document; where nobody sees it, one line per row and sentence, for what reads lines. */
export function printBlocks(blocks: readonly Block[], context: CliContext): void {
  context.output.result(terminalText(blocks, { ...fitted(context), width: seenWidth(context) }));
}

/** Prints what people see of a report. */
export function printTables(
  report: Report,
  context: CliContext,
  more: Pick<TerminalOptions, 'isWhole' | 'isPart'> = {},
): void {
  const { screen } = reportDocument(report);
  const text = terminalText(screen, { ...fitted(context), ...more }).trimEnd();
  if (text !== '') context.output.result(text);
}

/**
 * Prints a report: tables for people; under `--json` a record per scoreboard and the answer; and the files of `--out`.
 *
 * @param more whether it is whole whatever the flags say, and tasks whose tables were printed before
 */
export async function printReport(
  report: Report,
  files: readonly OutputFile[],
  context: CliContext,
  more: Pick<TerminalOptions, 'isWhole'> & { readonly shown?: ReadonlySet<string> | undefined } = {},
): Promise<void> {
  const { output } = context;
  const { shown, ...options } = more;
  const scoreboards = report.scoreboards.filter(({ taskId }) => shown?.has(taskId) !== true);
  printTables({ ...report, scoreboards }, context, options);
  for (const scoreboard of report.scoreboards) output.record('scoreboard', scoreboard);
  if (report.answers !== undefined)
    output.record('answer', { answer: answersHeadline(report.answers), ...report.answers });
  for (const note of report.notes ?? []) output.record('note', { text: note });
  if (files.length > 0) await writeDocument(reportDocument(report), files, context);
}

/** Verdict over a run: 3 where a cell failed, or a number of it is invalid; else that of the answer. */
export function reportExitCode({ scoreboards, answers }: Report): number {
  const isBad = scoreboards.some(({ rows }) =>
    rows.some(
      ({ state, flags }) =>
        state === 'failed' || state === 'unavailable' || flags.some(({ code }) => code === 'invalid'),
    ),
  );
  if (isBad) return exitCodes.someCellsFailed;
  return answers === undefined ? exitCodes.done : answerExitCode(answers);
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

const outcomeKinds = { winner: 'recommend', tie: 'tie', none: 'none', withdrawn: 'unknown' } as const;

/** Verdict over a race: 3 where a model couldn't be judged, else that of the answer of each task; the gravest counts. */
export function raceExitCode(certificates: readonly RaceCertificate[], { scoreboards }: Report): number {
  if (certificates.some(({ models }) => models.some(({ status }) => status === 'failed'))) {
    return exitCodes.someCellsFailed;
  }
  const kinds = certificates.map(({ taskId, outcome }) => {
    const kind = scoreboards.find((board) => board.taskId === taskId)?.answer?.kind;
    return kind ?? outcomeKinds[outcome];
  });
  const gravest = (['none', 'unknown', 'tie'] as const).find((kind) => kinds.includes(kind));
  return answerExitCode({ kind: gravest ?? 'recommend' });
}

/** What speaks against the winner of a race, though no other scores higher. */
function unusableText({ taskId, outcome, named }: RaceCertificate, { scoreboards }: Report): readonly string[] {
  const answer = scoreboards.find((board) => board.taskId === taskId)?.answer;
  if (outcome !== 'winner' || answer === undefined || (answer.kind !== 'none' && answer.kind !== 'unknown')) return [];
  const words = answer.kind === 'none' ? 'is not usable' : 'is not shown to be usable';
  return answer.candidates
    .filter(({ model }) => named.includes(model))
    .map(({ model, reasons }) => `${model} has the highest score, but ${words}: ${reasons.join('; ')}`);
}

/** The models against the base that the question named, below what was decided about them. */
function ladderOf({ taskId }: RaceCertificate, { ladders = [] }: Report): readonly (readonly Block[])[] {
  return ladders.filter((ladder) => ladder.taskId === taskId).map((ladder) => ladderBlocks([ladder]));
}

/** Prints what a race decided, and writes the files of `--out`. */
export async function reportRace(
  run: RunRecord,
  store: Store,
  files: readonly OutputFile[],
  context: CliContext,
): Promise<number> {
  const certificates = certificatesOf(run);
  const report = await reportRuns(store, [run], project(context));
  const parts = certificates.flatMap((certificate) => [
    ...unusableText(certificate, report).map((text) => [textBlock(text)]),
    certificateBlocks(certificate),
    ...ladderOf(certificate, report),
  ]);
  printBlocks(
    parts.flatMap((blocks, index) => (index === 0 ? blocks : [gap, ...blocks])),
    context,
  );
  await writeDocument(reportDocument(report), files, context);
  await writeRunPage(run.id, report, context);
  await printNext(report, store, context);
  return raceExitCode(certificates, report);
}
