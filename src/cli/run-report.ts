import type { Cell } from '../core/cell.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { Report } from '../exporters/report.ts';
import { terminalReport, type TerminalOptions, type TextRole } from '../exporters/terminal-table.ts';
import { createScoreboards } from '../stats/create-scoreboards.ts';
import { joinPerformance } from '../stats/join-performance.ts';
import type { ScoreboardCell } from '../stats/scoreboard.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { scoreboardTasks } from './registries.ts';
import { writeOutputs, type OutputFile } from './write-outputs.ts';

/** Keeps a cell in the report. */
export type CellFilter = (cell: Cell) => boolean;

/**
 * The scoreboards of one or more runs.
 *
 * @param performance where cells that have no speed and memory of their own, such as imported ones, take them from
 */
export async function runReport(
  store: Store,
  runs: readonly RunRecord[],
  filter: CellFilter = () => true,
  performance?: readonly ScoreboardCell[],
): Promise<Report> {
  const own: Cell[] = [];
  const imported = new Set(runs.filter(({ manifest }) => manifest.imported !== undefined).map(({ id }) => id));
  for (const run of runs) {
    for (const cell of await store.cells(run.id)) if (filter(cell)) own.push(cell);
  }
  // Whoever measured them had another protocol than ours.
  const named = distinct(own).map((cell) => (imported.has(cell.runId) ? { ...cell, protocol: undefined } : cell));
  const { cells, notes: joined } =
    performance === undefined ? { cells: named, notes: [] } : joinPerformance(named, performance);
  const scoreboards = createScoreboards(cells, {
    tasks: await scoreboardTasks(cells.map(({ taskId }) => taskId)),
  });
  const notes = [...imports(runs), ...joined, ...differences(runs)];
  const [run] = runs;
  return {
    scoreboards,
    ...(runs.length === 1 && run !== undefined && { run: reportRun(run) }),
    ...(notes.length > 0 && { notes }),
  };
}

/** The same model on the same task in two runs is two rows, told apart by the run. */
function distinct(cells: readonly Cell[]): readonly Cell[] {
  const places = Map.groupBy(cells, ({ model, taskId, protocol }) => JSON.stringify([model, taskId, protocol]));
  return cells.map((cell) => {
    const place = JSON.stringify([cell.model, cell.taskId, cell.protocol]);
    return (places.get(place)?.length ?? 0) > 1 ? { ...cell, model: `${cell.model} (${cell.runId})` } : cell;
  });
}

function imports(runs: readonly RunRecord[]): readonly string[] {
  const tools = runs.flatMap(({ manifest: { imported } }) => (imported === undefined ? [] : [imported.tool]));
  return [...new Set(tools)].map((tool) => `Accuracy was measured by ${tool}.`);
}

function reportRun({ id, name, createdAtMs, manifest }: RunRecord): NonNullable<Report['run']> {
  const { cpuModel, cores, kernel, gpus } = manifest.host;
  return {
    id,
    name,
    createdAtMs,
    perbenchVersion: manifest.perbenchVersion,
    seed: manifest.seed,
    // An imported run was measured elsewhere, nobody knows on what.
    ...(manifest.imported === undefined && { host: [cpuModel, `${cores} cores`, ...gpus, kernel].join(', ') }),
  };
}

/** What makes numbers of several runs hard to compare, one sentence each. */
function differences(runs: readonly RunRecord[]): readonly string[] {
  const facts: Readonly<Record<string, (run: RunRecord) => string>> = {
    machines: ({ manifest: { host } }) => JSON.stringify([host.cpuModel, host.cores, host.gpus]),
    'versions of perbench': ({ manifest }) => manifest.perbenchVersion,
    seeds: ({ manifest }) => String(manifest.seed),
    'items per task': ({ suite }) => String(suite.limit ?? 'all'),
    'numbers of sequences at once': ({ suite }) => String(suite.concurrency),
  };
  return Object.entries(facts)
    .filter(([, read]) => new Set(runs.map(read)).size > 1)
    .map(([what]) => `These runs have different ${what}: compare with care.`);
}

const styles: Readonly<Partial<Record<TextRole, Parameters<CliContext['output']['styled']>[1]>>> = {
  title: 'bold',
  heading: 'underline',
  best: 'green',
  doubtful: 'yellow',
  muted: 'dim',
};

/** Prints a report: tables for people, one record per scoreboard under `--json`, and the files of `--out`. */
export async function printReport(report: Report, files: readonly OutputFile[], context: CliContext): Promise<void> {
  const { output } = context;
  const style: TerminalOptions['style'] = (text, role) => {
    const known = styles[role];
    return known === undefined ? text : output.styled(text, known);
  };
  output.result(terminalReport(report, { width: tableWidth(context), style }).trimEnd());
  for (const scoreboard of report.scoreboards) output.record('scoreboard', scoreboard);
  for (const note of report.notes ?? []) output.record('note', { text: note });
  await writeOutputs(files, report, context);
}

/** A pipe or a file has no width: then a table is as wide as it needs to be. */
function tableWidth({ output }: CliContext): number {
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
