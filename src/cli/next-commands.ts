import { existsSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { isServable } from '../app/serving/measured-setup.ts';
import { recommendedModel } from '../app/serving/recommended-model.ts';
import type { Measurement } from '../core/measurement.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { gap, listBlock, line, textBlock } from '../present/document.ts';
import type { Report } from '../present/report.ts';
import { terminalText } from '../present/terminal.ts';
import { scoredRows, valueOf, type Scoreboard, type ScoreboardRow } from '../scoring/scoreboard.ts';
import type { CliContext } from './context.ts';
import { perbenchCommand, sameCommand } from './stored-runs.ts';
import { runPagePath } from './write-outputs.ts';

/** What one may do next with a report. */
interface Step {
  readonly label: string;
  /** A command line of perbench, or a file. */
  readonly text: string;
}

const maxSteps = 4;

/** Says what fits after the tables of a report: command lines that can be copied, and the page of the run. */
export async function printNext(report: Report, store: Store, context: CliContext): Promise<void> {
  const runs = report.sources?.runs ?? [];
  if (context.output.isJson || runs.length === 0) return;
  const isNewest = (await store.latestRun())?.id === runs[0]?.id;
  printSteps(nextSteps(report, runs, isNewest, context).slice(0, maxSteps), context);
}

/** Says after a decision how the model that it recommends is served. */
export function printServeStep(report: Report, context: CliContext): void {
  if (context.output.isJson || !canServe(report)) return;
  printSteps([{ label: 'serve', text: sameCommand(['--serve'], context) }], context);
}

function printSteps(steps: readonly Step[], { output }: CliContext): void {
  const lines = steps.map(({ label, text }) => line(text, 'plain', label));
  // Never broken into lines: what is copied must be whole.
  output.note(terminalText([gap, textBlock('Next:'), ...listBlock(lines, 2)]));
}

/** Whether one model is recommended, and a server stands for how it was run. */
function canServe({ answers, sources }: Report): boolean {
  const model = answers && recommendedModel(answers);
  const [run] = sources?.runs ?? [];
  return model !== undefined && run !== undefined && isServable(run, model);
}

function nextSteps(
  report: Report,
  runs: readonly RunRecord[],
  isNewest: boolean,
  context: CliContext,
): readonly Step[] {
  const { scoreboards } = report;
  const command = (...words: readonly string[]): string => perbenchCommand(words, context);
  const ids = runs.map(({ id }) => id);
  const named = runs.length === 1 && isNewest ? [] : ids;
  const [run] = runs;
  const isRace = runs.some(({ manifest }) => manifest.race !== undefined);
  const steps: Step[] = [];
  if (runs.length === 1 && run !== undefined && isUnfinished(run, scoreboards)) {
    steps.push({ label: 'finish', text: command('resume', run.id) });
  }
  steps.push({ label: 'details', text: command('show', ...named) }, pageStep(runs, named, context));
  if (runs.length === 1 && isRace && canServe(report)) {
    steps.push({ label: 'serve', text: command('decide', ...named, '--serve') });
  }
  if (runs.length !== 1 || isRace) return steps;
  const pair = comparable(scoreboards);
  if (pair !== undefined) {
    const sides = pair.map((model) => `${isNewest ? 'latest' : ids[0]}:${model}`);
    steps.push({ label: 'compare', text: command('compare', ...sides) });
  }
  const limit = run === undefined ? undefined : furtherLimit(run, scoreboards);
  if (limit !== undefined) steps.push({ label: 'decide', text: command('decide', ...named, ...limit) });
  return steps;
}

/** The limit that a decision may begin with, as flags; none where a task file states the user's own, which a flag would replace. */
function furtherLimit({ manifest }: RunRecord, scoreboards: readonly Scoreboard[]): readonly string[] | undefined {
  const isStated = Object.values(manifest.tasks).some(({ own }) => own?.need?.['accuracy'] !== undefined);
  if (isStated) return hasRivals(scoreboards) ? [] : undefined;
  const least = usefulAccuracy(scoreboards);
  return least === undefined ? undefined : ['--min-accuracy', least];
}

function hasRivals(scoreboards: readonly Scoreboard[]): boolean {
  return scoreboards.some((board) => scoredRows(board).length > 1);
}

/** The page of a run where there is one, else the command that writes it. */
function pageStep(runs: readonly RunRecord[], named: readonly string[], context: CliContext): Step {
  const page = runs.length === 1 && runs[0] !== undefined ? runPagePath(runs[0].id, context) : undefined;
  if (page !== undefined && existsSync(page)) return { label: 'page', text: shortPath(page, context) };
  return { label: 'page', text: perbenchCommand(['report', ...named, '-o', 'report.html'], context) };
}

/** From the folder in which the user is, where that is shorter. */
function shortPath(path: string, { workingFolder, globals }: CliContext): string {
  const own = relative(workingFolder, path);
  return globals.cwd !== undefined || own.startsWith('..') || isAbsolute(own) ? path : own;
}

/** Whether `resume` has something to do: it runs what isn't done, and what failed again. */
function isUnfinished({ manifest }: RunRecord, scoreboards: readonly Scoreboard[]): boolean {
  const states = scoreboards.flatMap(({ rows }) => rows.map(({ state }) => state));
  return manifest.imported === undefined && states.some((state) => state !== 'done' && state !== 'unavailable');
}

/** The first two models that were both measured on a task. */
function comparable(scoreboards: readonly Scoreboard[]): readonly [string, string] | undefined {
  const isMeasured = ({ state, measurements }: ScoreboardRow): boolean =>
    state === 'done' && valueOf(measurements.accuracy) !== undefined;
  for (const { rows } of scoreboards) {
    const [first, second] = rows.filter(isMeasured);
    if (first !== undefined && second !== undefined) return [first.model, second.model];
  }
  return undefined;
}

/** A higher one would ask of a model to be perfect. */
const highestAccuracy = 0.95;

/** A round accuracy that at least one of several models was shown to reach on each task. */
export function usefulAccuracy(scoreboards: readonly Scoreboard[]): string | undefined {
  if (!hasRivals(scoreboards)) return undefined;
  const best = scoreboards.map((board) =>
    Math.max(...scoredRows(board).map(({ measurements }) => shownAccuracy(measurements.accuracy))),
  );
  const steps = Math.floor(20 * Math.min(highestAccuracy, ...best));
  return steps > 0 ? String(steps / 20) : undefined;
}

function shownAccuracy(accuracy: Measurement | undefined): number {
  return accuracy === undefined || accuracy.status === 'unavailable' ? 0 : (accuracy.interval?.low ?? 0);
}
