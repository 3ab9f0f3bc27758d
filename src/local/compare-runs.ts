import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { launchEvidence } from '../metrics/launch-figures.ts';
import { compareCells, type CellEvidence, type ItemAnswer } from '../stats/compare-cells.ts';
import { comparisonVerdict } from '../stats/comparison-verdict.ts';
import type { CellComparison, Comparison } from '../stats/comparison.ts';
import { findComparedRun, pairCells, type ComparedRun } from './compared-cells.ts';
import { isTaskNamed, taskTitles } from './known-tasks.ts';
import { rendersAlike, settingDifferences } from './setting-differences.ts';

export interface CompareRunsOptions {
  /** Confidence; 0.95 by default. */
  readonly level?: number;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Everything that a comparison needs of a stored cell. */
async function readEvidence(store: Store, cell: Cell, signal: AbortSignal | undefined): Promise<CellEvidence> {
  const answers = new Map<string, ItemAnswer>();
  for await (const { itemId, score, answer, expected, cluster, promptSha256 } of store.samples(cell.id)) {
    signal?.throwIfAborted();
    answers.set(itemId, { score, answer, expected, cluster, promptSha256 });
  }
  return {
    runId: cell.runId,
    model: cell.model,
    state: cell.state,
    error: cell.error?.message,
    measurements: cell.measurements,
    answers,
    launches: launchEvidence(cell.measurements, cell.protocol, await store.passResults(cell.id)),
  };
}

/** The two sides as the verdict calls them: by model where one is compared, else by run. */
function sideNames(
  cells: readonly CellComparison[],
  a: ComparedRun,
  b: ComparedRun,
): { readonly a: string; readonly b: string } {
  const models = new Set(cells.flatMap((cell) => [cell.a.model, cell.b.model]));
  const [first] = cells;
  const isPair =
    first !== undefined && cells.every((cell) => cell.a.model === first.a.model && cell.b.model === first.b.model);
  if (!isPair) return { a: a.run.id, b: b.run.id };
  return models.size === 1
    ? { a: `${first.a.model} of ${a.run.id}`, b: `${first.b.model} of ${b.run.id}` }
    : { a: first.a.model, b: first.b.model };
}

/**
 * Compares two runs, or two models of runs, item by item and launch by launch.
 *
 * @param nameA what is held against: `run`, `run:model`, `:model` of the newest run, `latest`
 * @param nameB the candidate
 * @throws {UsageError} if there is no such run or model, both are the same, or they have no task in common
 */
export async function compareRuns(
  store: Store,
  nameA: string,
  nameB: string,
  { level = 0.95, tasks = [], signal }: CompareRunsOptions = {},
): Promise<Comparison> {
  const [a, b] = [await findComparedRun(store, nameA), await findComparedRun(store, nameB)];
  const { pairs, unmatched } = pairCells(a, b, (taskId) => isTaskNamed(taskId, tasks));
  if (pairs.some((pair) => pair.a.id === pair.b.id)) {
    throw new UsageError(`${nameA} and ${nameB} are the same run`, {
      hint: 'Name two runs, or two models of one: perbench compare latest:first latest:second',
    });
  }
  if (pairs.length === 0) {
    throw new UsageError(`${nameA} and ${nameB} have nothing to compare: ${unmatched.join('; ') || 'no cells'}`, {
      hint: 'perbench show lists the cells of a run. Name a model of each side with run:model.',
    });
  }
  const titles = await taskTitles(pairs.map((pair) => pair.a.taskId));
  const cells: CellComparison[] = [];
  for (const pair of pairs) {
    const made = [
      { run: a.run, model: pair.a.model },
      { run: b.run, model: pair.b.model },
    ] as const;
    const { taskId, protocol } = pair.a;
    cells.push(
      compareCells(await readEvidence(store, pair.a, signal), await readEvidence(store, pair.b, signal), {
        taskId,
        title: titles.get(taskId),
        protocol,
        level,
        differences: settingDifferences(...made, taskId),
        expectsSamePrompts: rendersAlike(...made),
      }),
    );
  }
  return { level, cells, unmatched, verdict: comparisonVerdict(cells, sideNames(cells, a, b)) };
}
