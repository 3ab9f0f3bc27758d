import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { anchorsOf, type AnchorSet } from '../stats/anchors.ts';
import { createScoreboards } from '../stats/create-scoreboards.ts';
import type { DecisionTask } from '../stats/decision.ts';
import type { Factors } from '../stats/factor.ts';
import type { Scoreboard, ScoreboardTask } from '../stats/scoreboard.ts';
import { runEvidence } from './run-evidence.ts';

/** A task that counts, as the user names it. */
export interface WantedTask {
  /** Id or short name. */
  readonly name: string;
  readonly weight: number;
}

function isNamed(taskId: string, name: string): boolean {
  return taskId === name || taskId.startsWith(`${name}/`) || taskId.startsWith(`${name}@`);
}

/**
 * Gives boards the weights that the user wants; without any, each counts the same.
 *
 * @throws {UsageError} if a name is none of the boards, or is several
 */
export function weighTasks(
  boards: readonly Scoreboard[],
  wanted: readonly WantedTask[],
): readonly { readonly board: Scoreboard; readonly weight: number }[] {
  if (wanted.length === 0) return boards.map((board) => ({ board, weight: 1 }));
  const known = boards.map(({ taskId }) => taskId).join(', ');
  return wanted.map(({ name, weight }) => {
    const found = boards.filter(({ taskId }) => isNamed(taskId, name));
    const [board, ...others] = found
      .filter(({ taskId }) => taskId === name)
      .concat(found)
      .slice(0, found.length);
    if (board === undefined) {
      throw new UsageError(`no task "${name}" here; there is ${known}`, { hint: 'Name one of them with --task.' });
    }
    if (others.length > 0 && board.taskId !== name) {
      throw new UsageError(`"${name}" could be ${found.map(({ taskId }) => taskId).join(' or ')}`, {
        hint: 'Name the task by its full id.',
      });
    }
    return { board, weight };
  });
}

export interface RunDecisionOptions {
  readonly wanted: readonly WantedTask[];
  /** Anchors of PER-A; tasks that they don't know have none. */
  readonly anchors: AnchorSet | undefined;
  /** Of the factors; a quarter each by default. */
  readonly weights?: Factors | undefined;
  readonly tasks: Readonly<Record<string, ScoreboardTask>>;
  readonly signal: AbortSignal;
}

/** The tasks of a stored run that a decision is about, with the answers and launches behind them. */
export async function runDecisionTasks(
  store: Store,
  run: RunRecord,
  { wanted, anchors, weights, tasks, signal }: RunDecisionOptions,
): Promise<readonly DecisionTask[]> {
  const cells = await store.cells(run.id);
  const boards = createScoreboards(cells, {
    tasks,
    ...(anchors !== undefined && { anchors }),
    ...(weights !== undefined && { weights }),
  });
  const found: DecisionTask[] = [];
  for (const { board, weight } of weighTasks(boards, wanted)) {
    const own = cells.filter((cell: Cell) => cell.taskId === board.taskId);
    const evidence = await runEvidence(store, own, signal);
    found.push({ board, weight, anchors: anchors && anchorsOf(anchors, board.taskId), evidence });
  }
  return found;
}
