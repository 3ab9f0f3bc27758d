import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { Report, ReportRun } from '../present/report.ts';
import type { AnchorSet } from '../scoring/anchors.ts';
import { hasConstraints } from '../scoring/constraints.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { createAnswerTally } from '../scoring/answers/tally-answers.ts';
import { settingsOfWeights } from '../scoring/answers/weight-settings.ts';
import { certificateAnswer } from '../scoring/race/certificate.ts';
import { joinAnchors } from './anchors-file.ts';
import { joinPerformance } from '../scoring/join-performance.ts';
import { type Answers, joinAnswers } from '../scoring/answer.ts';
import { boardReplicates, defaultSeed } from '../scoring/board-ranking.ts';
import type { AskedTask } from '../scoring/answer-support.ts';
import { decide } from '../scoring/decide.ts';
import type { Factors } from '../scoring/factor.ts';
import { type JudgeOptions, judgeScoreboard } from '../scoring/judge-scoreboard.ts';
import type { Scoreboard, ScoreboardCell, ScoreboardTask } from '../scoring/scoreboard.ts';
import { scoreTable } from '../formats/score-table.ts';
import type { TaskEvidence } from '../scoring/task-evidence.ts';
import { importNotes, madeHere, withImportedProtocols } from './imported-runs.ts';
import { checkTasks, isTaskNamed, scoreboardTasks } from './known-tasks.ts';
import { boardLimits } from './needed-limits.ts';
import { ownLadders } from './ladders-of-run.ts';
import { type HostClass, hostClassOf } from './resolve-anchors.ts';
import { runEvidence } from './run-evidence.ts';
import { runNotes } from './run-notes.ts';
import { serverSides } from './server-sides.ts';
import { sizesOfModels, weightsOfModels } from './weights-of-models.ts';
import { anchorsNotes, resolveScoring, type ScoringChoice } from './scoring.ts';

/** A task that counts, as the user names it. */
export interface WantedTask {
  /** Id or short name. */
  readonly name: string;
  /** Above 0; only ratios between tasks count. Without one, tasks are answered one by one. */
  readonly weight?: number | undefined;
}

export interface ReportOptions {
  /** Where anchors of the project are looked for; absolute. */
  readonly projectDir: string;
  /** Ids or short names, or with weights; by default all. */
  readonly tasks?: readonly (string | WantedTask)[] | undefined;
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
  { projectDir, tasks: asked = [], performance, scoring = {}, signal }: RunReportOptions,
): Promise<Report> {
  const all = (await Promise.all(runs.map(async (run) => wantedCells(store, run)))).flat();
  const wanted = asked.map(taskName);
  checkTasks(wanted, all);
  const own = all.filter(({ taskId }) => isTaskNamed(taskId, wanted));
  const named = withImportedProtocols(distinct(own), runs);
  const { cells, notes: joined } =
    performance === undefined ? { cells: named, notes: [] } : joinPerformance(named, performance);
  const taskIds = cells.map(({ taskId }) => taskId);
  const tasks = withItems(await scoreboardTasks(taskIds, runs), runs);
  const made = madeHere(runs);
  const hostClass = commonHostClass(made);
  const { anchors: resolved, weights, judge } = await resolveScoring(scoring, projectDir, hostClass);
  const anchors = scoring.anchors === undefined ? withRaceAnchors(runs, resolved) : resolved;
  const deviceMemoryBytes = hostClass === 'cpu' ? made[0]?.manifest.host.memoryBytes : undefined;
  const [run] = runs;
  const asRun = asRunsSay(judge, runs);
  const byModel = weightsOfModels(runs, own, cells);
  const sizes = sizesOfModels(runs, own, cells);
  const scoreboards: Scoreboard[] = [];
  const behindBoards: (TaskEvidence | undefined)[] = [];
  for (const board of createScoreboards(cells, { tasks, weights, anchors, deviceMemoryBytes })) {
    const behind = own.flatMap((cell, index) => {
      const { model, measurements, taskId, protocol } = cells[index] ?? cell;
      return taskId === board.taskId && protocol === board.protocol ? [{ ...cell, model, measurements }] : [];
    });
    const tally = createAnswerTally();
    const evidence = await runEvidence(store, behind, { signal, tally });
    behindBoards.push(evidence);
    const settings = settingsOfWeights(board, (model) => byModel.get(model));
    const rows = board.rows.map((row) => ({ ...row, size: sizes.get(row.model) }));
    const told = { ...board, rows, answerDetails: tally.answers(), settingsOfWeights: settings };
    const limits = boardLimits(board.taskId, runs, judge.limits);
    const judged = judgeScoreboard(told, { ...asRun, evidence, limits });
    scoreboards.push(withCertificate(judged, runs, scoring));
  }
  const servers = await serverSides(store, scoreboards, withNames(own, cells));
  const ladders = run === undefined || runs.length > 1 ? [] : await ownLadders(store, run, { tasks: wanted, signal });
  const notes = [
    ...importNotes(runs),
    ...joined,
    ...runNotes(runs, own, scoreboards, taskIds),
    ...(await anchorsNotes(scoreboards, scoring.anchors, false)),
  ];
  return {
    scoreboards,
    answers: answersOf(scoreboards, behindBoards, weights, asRun, asked),
    ...(ladders.length > 0 && { ladders }),
    ...(servers.length > 0 && { servers }),
    sources: { runs, evidence: behindBoards },
    ...(runs.length === 1 && run !== undefined && { run: reportRun(run) }),
    ...(notes.length > 0 && { notes }),
  };
}

/** Judged as the runs themselves were asked to be, where nothing else is asked now. */
function asRunsSay(judge: JudgeOptions, runs: readonly RunRecord[]): JudgeOptions {
  const [run, ...others] = runs;
  return {
    ...judge,
    pricePerHour: judge.pricePerHour ?? (others.length === 0 ? run?.suite.pricePerHour : undefined),
    allowsBusy: madeHere(runs).every(({ suite }) => suite.allowBusy),
  };
}

/** A race was decided under anchors of its own, which stay what they were. */
function withRaceAnchors(runs: readonly RunRecord[], resolved: AnchorSet | undefined): AnchorSet | undefined {
  const [run, ...others] = runs;
  const records = others.length > 0 ? [] : Object.entries(run?.manifest.race?.tasks ?? {});
  const tasks = records.flatMap(([taskId, { score }]) => {
    if (score === undefined) return [];
    const version = score.version.replace(/^PER-A\//u, '');
    return [[taskId, { ...score.anchors, throughputUnit: 'items/s', latencyUnit: 'ms', version }] as const];
  });
  if (tasks.length === 0) return resolved;
  const own: AnchorSet = { version: 'race', summary: '', tasks: Object.fromEntries(tasks) };
  return resolved === undefined ? own : joinAnchors(own, resolved);
}

/** The answer of a race is that of its certificate, as long as nobody asks another question. */
function withCertificate(
  board: Scoreboard,
  runs: readonly RunRecord[],
  { limits, weights, score }: ScoringChoice,
): Scoreboard {
  const [run, ...others] = runs;
  const certificate = run?.manifest.race?.tasks[board.taskId]?.certificate;
  const isOther = hasConstraints(limits) || weights !== undefined || score === 'PER-paper' || others.length > 0;
  if (certificate === undefined || board.answer === undefined || isOther) return board;
  return { ...board, answer: certificateAnswer(certificate, board.answer) };
}

/** Without the tasks that a run within a time had no time for. */
async function wantedCells(store: Store, { id, manifest: { leftOut = [] } }: RunRecord): Promise<readonly Cell[]> {
  return (await store.cells(id)).filter(({ taskId }) => !leftOut.includes(taskId));
}

const taskName = (task: string | WantedTask): string => (typeof task === 'string' ? task : task.name);

/**
 * The answer of each scoreboard, and one for all where the user weighted the tasks.
 *
 * @throws {UsageError} if a name is none of the scoreboards, or is several
 */
function answersOf(
  scoreboards: readonly Scoreboard[],
  evidence: readonly (TaskEvidence | undefined)[],
  weights: Factors | undefined,
  judge: JudgeOptions,
  asked: readonly (string | WantedTask)[],
): Answers {
  const single = scoreboards.flatMap(({ answer }) => answer ?? []);
  const weighted = asked.flatMap((task) => (typeof task === 'string' || task.weight === undefined ? [] : [task]));
  if (weighted.length === 0) return joinAnswers(single);
  const tasks = asked.map((task, index): AskedTask => {
    const board = boardNamed(scoreboards, taskName(task));
    const own = evidence[scoreboards.indexOf(board)];
    // Tasks share no items: each draws its own.
    const replicates = boardReplicates(board, own, { seed: defaultSeed + index });
    const weight = typeof task === 'string' ? 1 : (task.weight ?? 1);
    // The limits of its task file, and above them those of flags.
    return { board, weight, replicates, limits: board.limits };
  });
  return joinAnswers(single, decide(tasks, { ...judge, weights }));
}

function boardNamed(scoreboards: readonly Scoreboard[], name: string): Scoreboard {
  const found = scoreboards.filter(({ taskId }) => isTaskNamed(taskId, [name]));
  const board = found.find(({ taskId }) => taskId === name) ?? found[0];
  if (board === undefined) throw new UsageError(`no task "${name}"`);
  if (found.length > 1 && board.taskId !== name) {
    throw new UsageError(`"${name}" is ambiguous: ${found.map(({ taskId }) => taskId).join(' or ')}`, {
      hint: 'Name the task by its full id.',
    });
  }
  return board;
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

/** The same model on the same task in two runs is two rows, told apart by the run. */
function distinct(cells: readonly Cell[]): readonly Cell[] {
  const placeOf = ({ model, taskId, protocol }: Cell): string => JSON.stringify([model, taskId, protocol]);
  const places = Map.groupBy(cells, placeOf);
  return cells.map((cell) =>
    (places.get(placeOf(cell))?.length ?? 0) > 1 ? { ...cell, model: `${cell.model} (${cell.runId})` } : cell,
  );
}

/** Cells under the names of others, in the same order. */
function withNames(cells: readonly Cell[], named: readonly Pick<Cell, 'model'>[]): readonly Cell[] {
  return cells.map((cell, index) => ({ ...cell, model: named[index]?.model ?? cell.model }));
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
  { projectDir, tasks: asked = [], scoring = {}, file, isStrict = false }: TableReportOptions,
): Promise<Report> {
  const tasks = asked.map(taskName);
  const { anchors, weights, judge } = await resolveScoring(scoring, projectDir, undefined);
  const { scoreboards, notes } = scoreTable(csvText, { file, isStrict, anchors, weights });
  const wanted = scoreboards.filter(({ taskId }) => isTaskNamed(taskId, tasks));
  if (wanted.length === 0) {
    throw new UsageError(`${file} has no rows for ${tasks.join(', ')}`, {
      hint: `Name one of ${scoreboards.map(({ taskId }) => taskId).join(', ')}.`,
    });
  }
  const judged = wanted.map((board) => judgeScoreboard(board, judge));
  return {
    scoreboards: judged,
    answers: answersOf(judged, [], weights, judge, asked),
    notes: [...notes, ...(await anchorsNotes(judged, scoring.anchors, true))],
  };
}
