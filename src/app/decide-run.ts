import { UsageError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { anchorsOf } from '../scoring/anchors.ts';
import type { Limits } from '../core/limits.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { decide } from '../scoring/decide.ts';
import type { Decision, DecisionTask } from '../scoring/decision.ts';
import type { Factors } from '../scoring/factor.ts';
import { scoreTable } from '../formats/score-table.ts';
import { hasPerAnchored, type Scoreboard } from '../scoring/scoreboard.ts';
import { isTaskNamed, scoreboardTasks } from './known-tasks.ts';
import { hostClassOf, resolveAnchors } from './resolve-anchors.ts';
import { runEvidence } from './run-evidence.ts';
import { anchorsHint } from './scoring.ts';

/** A task that counts, as the user names it. */
export interface WantedTask {
  /** Id or short name. */
  readonly name: string;
  /** Above 0; only ratios between tasks count. */
  readonly weight: number;
}

export interface DecideOptions {
  /** Where anchors of the project are looked for; absolute. */
  readonly projectDir: string;
  /** By default all, each counting the same. */
  readonly tasks?: readonly WantedTask[] | undefined;
  readonly constraints?: Limits | undefined;
  /** By default PER-A; PER-paper where a task has no anchors. */
  readonly score?: 'PER-A' | 'PER-paper' | undefined;
  /** A name such as `paper-gpu`, a file, or `none`; by default the project's, else the hardware's. */
  readonly anchors?: string | undefined;
  /** Of the factors; a quarter each by default. */
  readonly weights?: Factors | undefined;
  /** Of one device; by default what the run's suite says. */
  readonly pricePerHour?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The model that a run speaks for: what `perbench decide` says.
 *
 * @throws {UsageError} if the run has no cells, or none of a wanted task
 * @throws what `resolveAnchors` throws
 */
export async function decideRun(store: Store, run: RunRecord, options: DecideOptions): Promise<Decision> {
  const { projectDir, anchors: choice, weights } = options;
  const anchors = await resolveAnchors({ choice, projectDir, hostClass: hostClassOf(run.manifest) });
  const cells = await store.cells(run.id);
  const tasks = await scoreboardTasks(cells.map(({ taskId }) => taskId));
  const found: DecisionTask[] = [];
  for (const wanted of weighTasks(createScoreboards(cells, { tasks, anchors, weights }), options.tasks ?? [])) {
    const { taskId } = wanted.board;
    const own = cells.filter((cell) => cell.taskId === taskId);
    const evidence = await runEvidence(store, own, options.signal);
    found.push({ ...wanted, anchors: anchors && anchorsOf(anchors, taskId), evidence });
  }
  if (found.length === 0)
    throw new UsageError(`run ${run.id} has no cells`, { hint: 'Run perbench list to see the runs.' });
  const open = cells.filter(({ state }) => state === 'pending' || state === 'running').length;
  const notes = [
    ...(run.manifest.race === undefined
      ? []
      : ['this run answered a --decide question: perbench show prints the answer']),
    ...(open > 0 ? [`${open} of ${cells.length} cells of this run are not finished`] : []),
  ];
  return decideTasks(found, notes, { ...options, pricePerHour: options.pricePerHour ?? run.suite.pricePerHour });
}

/**
 * The model that a CSV of measurements speaks for: what `perbench decide --table` says.
 *
 * @throws {UsageError} if it has none of a wanted task
 * @throws what `scoreTable` and `resolveAnchors` throw
 */
export async function decideTable(
  csvText: string,
  options: DecideOptions & { readonly file: string },
): Promise<Decision> {
  const { projectDir, anchors: choice, weights, file } = options;
  const anchors = await resolveAnchors({ choice, projectDir });
  const { scoreboards, notes } = scoreTable(csvText, { file, anchors, weights });
  const tasks = weighTasks(scoreboards, options.tasks ?? []).map((wanted) => ({
    ...wanted,
    anchors: anchors && anchorsOf(anchors, wanted.board.taskId),
    evidence: undefined,
  }));
  return decideTasks(tasks, notes, options);
}

/**
 * Gives boards the weights that the user wants; without any, each counts the same.
 *
 * @throws {UsageError} if a name is none of the boards, or is several
 */
function weighTasks(
  boards: readonly Scoreboard[],
  wanted: readonly WantedTask[],
): readonly { readonly board: Scoreboard; readonly weight: number }[] {
  if (wanted.length === 0) return boards.map((board) => ({ board, weight: 1 }));
  const known = boards.map(({ taskId }) => taskId).join(', ');
  return wanted.map(({ name, weight }) => {
    const found = boards.filter(({ taskId }) => isTaskNamed(taskId, [name]));
    const board = found.find(({ taskId }) => taskId === name) ?? found[0];
    if (board === undefined) {
      throw new UsageError(`no task "${name}"; available: ${known}`, { hint: 'Name one of them with --task.' });
    }
    if (found.length > 1 && board.taskId !== name) {
      throw new UsageError(`"${name}" is ambiguous: ${found.map(({ taskId }) => taskId).join(' or ')}`, {
        hint: 'Name the task by its full id.',
      });
    }
    return { board, weight };
  });
}

/** Decides by PER-A where every task has it; what stands in for it is said. */
async function decideTasks(
  tasks: readonly DecisionTask[],
  notes: readonly string[],
  { score = 'PER-A', constraints = {}, weights, pricePerHour }: DecideOptions,
): Promise<Decision> {
  const lacking = tasks.map(({ board }) => board).filter((board) => !hasPerAnchored(board));
  const isPaper = score === 'PER-paper' || lacking.length > 0;
  const fallback =
    score === 'PER-A' && lacking.length > 0
      ? [
          `no anchors for ${lacking.map(({ taskId }) => taskId).join(', ')}: decided by PER-paper; ${await anchorsHint(lacking)}`,
        ]
      : [];
  const decision = decide(tasks, { score: isPaper ? 'PER-paper' : 'PER-A', constraints, weights, pricePerHour });
  return { ...decision, notes: [...fallback, ...notes, ...decision.notes] };
}
