import type { Cell } from '../core/cell.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { Report } from '../exporters/report.ts';
import { terminalReport, type TerminalOptions, type TextRole } from '../exporters/terminal-table.ts';
import { freezeProjectAnchors } from '../local/freeze-project-anchors.ts';
import { hostClassOf } from '../local/resolve-anchors.ts';
import { runEvidence } from '../local/run-evidence.ts';
import { createScoreboards } from '../stats/create-scoreboards.ts';
import { joinPerformance } from '../stats/join-performance.ts';
import { judgeScoreboard } from '../stats/judge-scoreboard.ts';
import type { TaskEvidence } from '../stats/task-evidence.ts';
import type { Scoreboard, ScoreboardCell, ScoreboardTask } from '../stats/scoreboard.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { scoreboardTasks } from './registries.ts';
import { scoringOf, type Scoring, type ScoringFlags } from './scoring.ts';
import { writeOutputs, type OutputFile } from './write-outputs.ts';

/** Keeps a cell in the report. */
export type CellFilter = (cell: Cell) => boolean;

export interface RunReportOptions {
  readonly filter?: CellFilter;
  /** Where cells that have no speed and memory of their own, such as imported ones, take them from. */
  readonly performance?: readonly ScoreboardCell[] | undefined;
  readonly scoring?: ScoringFlags;
  /** The run has just ended: tasks without anchors get theirs from it. */
  readonly freezesAnchors?: boolean;
}

/** The scoreboards of one or more runs, with how sure they are. */
export async function runReport(
  store: Store,
  runs: readonly RunRecord[],
  context: CliContext,
  options: RunReportOptions = {},
): Promise<Report> {
  const { filter = () => true, performance, scoring: flags = {} } = options;
  const own: Cell[] = [];
  const imported = new Set(runs.filter(({ manifest }) => manifest.imported !== undefined).map(({ id }) => id));
  for (const run of runs) {
    for (const cell of await store.cells(run.id)) if (filter(cell)) own.push(cell);
  }
  // Whoever measured them had another protocol than ours.
  const named = distinct(own).map((cell) => (imported.has(cell.runId) ? { ...cell, protocol: undefined } : cell));
  const { cells, notes: joined } =
    performance === undefined ? { cells: named, notes: [] } : joinPerformance(named, performance);
  const tasks = withItems(await scoreboardTasks(cells.map(({ taskId }) => taskId)), runs);
  const made = await scoredBoards({ cells, runs, tasks, flags, freezes: options.freezesAnchors === true }, context);
  const scoreboards: Scoreboard[] = [];
  const behindBoards: (TaskEvidence | undefined)[] = [];
  for (const board of made.boards) {
    const behind = own.flatMap((cell, index) => {
      const { model, measurements, taskId, protocol } = cells[index] ?? cell;
      return taskId === board.taskId && protocol === board.protocol ? [{ ...cell, model, measurements }] : [];
    });
    const evidence = await runEvidence(store, behind, context.interruption.signal);
    behindBoards.push(evidence);
    scoreboards.push(judgeScoreboard(board, { ...made.scoring.judge, evidence }));
  }
  const notes = [...imports(runs), ...joined, ...differences(runs)];
  const [run] = runs;
  return {
    scoreboards,
    sources: { runs, evidence: behindBoards },
    ...(runs.length === 1 && run !== undefined && { run: reportRun(run) }),
    ...(notes.length > 0 && { notes }),
  };
}

type TaskTable = Readonly<Record<string, ScoreboardTask>>;

/** As many items as the data of these runs have, which may be fewer than the published benchmark's. */
function withItems(tasks: TaskTable, runs: readonly RunRecord[]): TaskTable {
  return Object.fromEntries(
    Object.entries(tasks).map(([id, task]) => {
      const counts = new Set(runs.flatMap(({ manifest }) => manifest.tasks[id]?.items ?? []));
      const [items] = counts;
      return [id, counts.size === 1 && items !== undefined ? { ...task, items } : task];
    }),
  );
}

interface BoardsInput {
  readonly cells: readonly ScoreboardCell[];
  readonly runs: readonly RunRecord[];
  readonly tasks: TaskTable;
  readonly flags: ScoringFlags;
  readonly freezes: boolean;
}

/** Scores the cells; where a run has just ended, tasks without anchors are anchored by it first. */
async function scoredBoards(
  { cells, runs, tasks, flags, freezes }: BoardsInput,
  context: CliContext,
): Promise<{ readonly boards: readonly Scoreboard[]; readonly scoring: Scoring }> {
  const classes = new Set(runs.map(({ manifest }) => hostClassOf(manifest)));
  const [hostClass] = classes.size === 1 ? classes : [];
  const score = (scoring: Scoring): readonly Scoreboard[] => {
    const { anchors, weights } = scoring;
    return createScoreboards(cells, { tasks, ...(weights && { weights }), ...(anchors && { anchors }) });
  };
  const scoring = await scoringOf(flags, context, hostClass);
  const boards = score(scoring);
  // A store elsewhere belongs to no project, so there is no place where its anchors would be found again.
  if (!freezes || flags.anchors !== undefined || !context.isDefaultStore) return { boards, scoring };
  const frozen = await freezeProjectAnchors({
    projectDir: context.workingFolder,
    boards,
    known: scoring.anchors,
    trivialAccuracy: (taskId) => trivialAccuracy(taskId, tasks),
    deviceMemoryBytes: hostClass === 'cpu' ? runs[0]?.manifest.host.memoryBytes : undefined,
  });
  if (frozen === undefined) return { boards, scoring };
  context.output.note(`anchors of PER-A for ${frozen.tasks.join(', ')} are frozen from this run: ${frozen.file}`);
  const anew = await scoringOf(flags, context, hostClass);
  return { boards: score(anew), scoring: anew };
}

/** Abstaining from every question is no answer that a model is held against: c of SQuAD is 0 (docs/scores.md). */
function trivialAccuracy(taskId: string, tasks: TaskTable): number {
  return taskId.startsWith('squad2/') ? 0 : (tasks[taskId]?.chance ?? 0);
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
