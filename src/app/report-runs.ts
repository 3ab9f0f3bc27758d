import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { Report, ReportRun } from '../present/report.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { joinPerformance } from '../scoring/join-performance.ts';
import { judgeScoreboard } from '../scoring/judge-scoreboard.ts';
import type { Scoreboard, ScoreboardCell, ScoreboardTask } from '../scoring/scoreboard.ts';
import { scoreTable } from '../formats/score-table.ts';
import type { TaskEvidence } from '../scoring/task-evidence.ts';
import { isTaskNamed, scoreboardTasks } from './known-tasks.ts';
import { type HostClass, hostClassOf } from './resolve-anchors.ts';
import { runEvidence } from './run-evidence.ts';
import { runDifferences } from './setting-differences.ts';
import { anchorsHint, resolveScoring, type ScoringChoice } from './scoring.ts';

export interface ReportOptions {
  /** Where anchors of the project are looked for; absolute. */
  readonly projectDir: string;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  readonly scoring?: ScoringChoice | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RunReportOptions extends ReportOptions {
  /** Where cells that have no speed and memory of their own, such as imported ones, take them from. */
  readonly performance?: readonly ScoreboardCell[] | undefined;
}

/**
 * The scoreboards of one or more runs, with their confidence: what `perbench report` shows.
 *
 * @throws what `resolveAnchors` throws
 */
export async function reportRuns(
  store: Store,
  runs: readonly RunRecord[],
  { projectDir, tasks: wanted = [], performance, scoring = {}, signal }: RunReportOptions,
): Promise<Report> {
  const own: Cell[] = [];
  for (const run of runs) {
    const { leftOut = [] } = run.manifest;
    for (const cell of await store.cells(run.id)) {
      if (isTaskNamed(cell.taskId, wanted) && !leftOut.includes(cell.taskId)) own.push(cell);
    }
  }
  const imported = new Set(runs.filter(({ manifest }) => manifest.imported !== undefined).map(({ id }) => id));
  // Whoever measured them had another protocol than ours.
  const named = distinct(own).map((cell) => (imported.has(cell.runId) ? { ...cell, protocol: undefined } : cell));
  const { cells, notes: joined } =
    performance === undefined ? { cells: named, notes: [] } : joinPerformance(named, performance);
  const tasks = withItems(await scoreboardTasks(cells.map(({ taskId }) => taskId)), runs);
  const { anchors, weights, judge } = await resolveScoring(scoring, projectDir, commonHostClass(runs));
  const scoreboards: Scoreboard[] = [];
  const behindBoards: (TaskEvidence | undefined)[] = [];
  for (const board of createScoreboards(cells, { tasks, weights, anchors })) {
    const behind = own.flatMap((cell, index) => {
      const { model, measurements, taskId, protocol } = cells[index] ?? cell;
      return taskId === board.taskId && protocol === board.protocol ? [{ ...cell, model, measurements }] : [];
    });
    const evidence = await runEvidence(store, behind, signal);
    behindBoards.push(evidence);
    scoreboards.push(judgeScoreboard(board, { ...judge, evidence }));
  }
  const notes = [...imports(runs), ...joined, ...differences(runs), ...tooShort(runs)];
  const [run] = runs;
  return {
    scoreboards,
    sources: { runs, evidence: behindBoards },
    ...(runs.length === 1 && run !== undefined && { run: reportRun(run) }),
    ...(notes.length > 0 && { notes }),
  };
}

/** As many items as the data of these runs have, which may be fewer than the published benchmark's. */
function withItems(
  tasks: Readonly<Record<string, ScoreboardTask>>,
  runs: readonly RunRecord[],
): Readonly<Record<string, ScoreboardTask>> {
  return Object.fromEntries(
    Object.entries(tasks).map(([id, task]) => {
      const counts = new Set(runs.flatMap(({ manifest }) => manifest.tasks[id]?.items ?? []));
      const [items] = counts;
      return [id, counts.size === 1 && items !== undefined ? { ...task, items } : task];
    }),
  );
}

function commonHostClass(runs: readonly RunRecord[]): HostClass | undefined {
  const [hostClass, ...others] = new Set(runs.map(({ manifest }) => hostClassOf(manifest)));
  return others.length === 0 ? hostClass : undefined;
}

/** Tasks that runs within a time had to leave out. */
function tooShort(runs: readonly RunRecord[]): readonly string[] {
  const tasks = [...new Set(runs.flatMap(({ manifest }) => manifest.leftOut ?? []))];
  return tasks.length === 0 ? [] : [`The time of the run was too short for ${tasks.join(', ')}.`];
}

/** The same model on the same task in two runs is two rows, told apart by the run. */
function distinct(cells: readonly Cell[]): readonly Cell[] {
  const placeOf = ({ model, taskId, protocol }: Cell): string => JSON.stringify([model, taskId, protocol]);
  const places = Map.groupBy(cells, placeOf);
  return cells.map((cell) =>
    (places.get(placeOf(cell))?.length ?? 0) > 1 ? { ...cell, model: `${cell.model} (${cell.runId})` } : cell,
  );
}

function imports(runs: readonly RunRecord[]): readonly string[] {
  const tools = runs.flatMap(({ manifest: { imported } }) => (imported === undefined ? [] : [imported.tool]));
  return [...new Set(tools)].map((tool) => `Accuracy was measured by ${tool}.`);
}

function reportRun({ id, name, createdAtMs, manifest }: RunRecord): ReportRun {
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

/** What makes numbers of several runs hard to compare. An imported run was measured elsewhere, nobody knows how. */
function differences(runs: readonly RunRecord[]): readonly string[] {
  const names = runDifferences(runs.filter(({ manifest }) => manifest.imported === undefined));
  return names.length === 0 ? [] : [`These runs differ in ${names.join('; ')}: compare with care.`];
}

export interface TableReportOptions extends ReportOptions {
  /** What messages call the table. */
  readonly file: string;
  /** Leave models out whose numbers are doubtful, not only those that are invalid. */
  readonly isStrict?: boolean | undefined;
}

/**
 * The scoreboards of a CSV of measurements: what `perbench score` shows.
 *
 * @throws {UsageError} if the table has none of the wanted tasks
 * @throws what `scoreTable` and `resolveAnchors` throw
 */
export async function reportTable(
  csvText: string,
  { projectDir, tasks = [], scoring = {}, file, isStrict = false }: TableReportOptions,
): Promise<Report> {
  const { anchors, weights, judge } = await resolveScoring(scoring, projectDir, undefined);
  const { scoreboards, notes } = scoreTable(csvText, { file, isStrict, anchors, weights });
  const wanted = scoreboards.filter(({ taskId }) => isTaskNamed(taskId, tasks));
  if (wanted.length === 0) {
    throw new UsageError(`${file} has no rows for ${tasks.join(', ')}`, {
      hint: `Name one of ${scoreboards.map(({ taskId }) => taskId).join(', ')}.`,
    });
  }
  const hint =
    anchors === undefined && scoring.anchors === undefined
      ? [`no PER-A without anchors: ${await anchorsHint(wanted)}`]
      : [];
  return { scoreboards: wanted.map((board) => judgeScoreboard(board, judge)), notes: [...notes, ...hint] };
}
