import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { compareCells } from '../scoring/compare-cells.ts';
import { comparisonVerdict, type CellComparison, type Comparison } from '../scoring/comparison.ts';
import { type ComparedRun, findComparedRun } from './compared-run.ts';
import { isTaskNamed, taskTitles } from './known-tasks.ts';
import { otherVersions, versionsError, versionsSentence } from './task-versions.ts';
import { definitionDifferences, rendersAlike, settingDifferences } from './setting-differences.ts';

const hasAnswersAlone = ({ manifest }: ComparedRun['run']): boolean => manifest.imported?.answers !== undefined;

/** Two cells of one task and protocol. */
export interface CellPair {
  readonly a: Cell;
  readonly b: Cell;
}

export interface CellPairs {
  readonly pairs: readonly CellPair[];
  /** Cells without a partner, one sentence each. */
  readonly unmatched: readonly string[];
}

/**
 * Puts cells of the same task and protocol side by side: one model against one model whatever they are called, several
 * against several by name.
 *
 * @param isWanted keeps a task
 */
export function pairCells(
  a: Pick<ComparedRun, 'cells'>,
  b: Pick<ComparedRun, 'cells'>,
  isWanted: (taskId: string) => boolean,
): CellPairs {
  const isSingle = [a, b].every(({ cells }) => new Set(cells.map(({ model }) => model)).size === 1);
  const describe = ({ model, taskId, protocol }: Cell, side: string): string =>
    `${model} on ${taskId} (${protocol}) is only in ${side}`;
  const key = ({ model, taskId, protocol }: Cell): string => JSON.stringify([taskId, protocol, isSingle ? '' : model]);
  const wanted = (side: Pick<ComparedRun, 'cells'>): Cell[] => side.cells.filter(({ taskId }) => isWanted(taskId));
  const others = new Map(wanted(b).map((cell) => [key(cell), cell]));
  const pairs: CellPair[] = [];
  const unmatched: string[] = [];
  for (const cell of wanted(a)) {
    const other = others.get(key(cell));
    if (other === undefined) unmatched.push(describe(cell, 'A'));
    else pairs.push({ a: cell, b: other });
    others.delete(key(cell));
  }
  return { pairs, unmatched: [...unmatched, ...Array.from(others.values(), (cell) => describe(cell, 'B'))] };
}

export interface CompareRunsOptions {
  /** Confidence; 0.95 by default. */
  readonly level?: number;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  /** Where exported runs are read from: names that end in `.json` are such files. Without it all are in the store. */
  readonly folder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
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
 * @param store undefined where both are files
 * @param nameA the baseline: `run`, `run:model`, `:model` of the newest run, `latest`, `latest~1`, `base.json`
 * @param nameB the candidate
 * @throws {UsageError} if there is no such run or model, both are the same, or they have no task in common, or in other
 *   versions only
 * @throws {ImportError} if a file is no exported run
 */
export async function compareRuns(
  store: Store | undefined,
  nameA: string,
  nameB: string,
  options: CompareRunsOptions = {},
): Promise<Comparison> {
  const { folder } = options;
  return compareFound(
    await findComparedRun(store, nameA, folder),
    await findComparedRun(store, nameB, folder),
    options,
  );
}

/** Compares two runs that were found. */
export async function compareFound(
  a: ComparedRun,
  b: ComparedRun,
  { level = 0.95, tasks = [], signal }: CompareRunsOptions,
): Promise<Comparison> {
  const isWanted = (taskId: string): boolean => isTaskNamed(taskId, tasks);
  const versions = otherVersions(a, b, isWanted);
  const isOtherVersion = (taskId: string): boolean => versions.some((ids) => ids.a === taskId || ids.b === taskId);
  const { pairs, unmatched: alone } = pairCells(a, b, (taskId) => isWanted(taskId) && !isOtherVersion(taskId));
  const ofVersions = versionsSentence(versions) ?? [];
  const unmatched = [definitionDifferences(a.run, b.run, isWanted), ofVersions, alone].flat();
  if (pairs.some((pair) => pair.a.id === pair.b.id)) {
    throw new UsageError(`${a.name} and ${b.name} are the same run`, {
      hint: 'Name two runs, or two models of one: perbench compare latest:first latest:second',
    });
  }
  if (pairs.length === 0 && versions.length > 0) throw versionsError(a, b, versions);
  if (pairs.length === 0) {
    throw new UsageError(`${a.name} and ${b.name} have nothing to compare: ${unmatched.join('; ') || 'no cells'}`, {
      hint: 'Name a model on each side as run:model; perbench show lists the cells of a run.',
    });
  }
  const titles = await taskTitles(
    pairs.map((pair) => pair.a.taskId),
    [a.run, b.run],
  );
  const cells: CellComparison[] = [];
  for (const pair of pairs) {
    const made = [
      { run: a.run, model: pair.a.model },
      { run: b.run, model: pair.b.model },
    ] as const;
    const { taskId, protocol } = pair.a;
    cells.push(
      compareCells(await a.evidence(pair.a, signal), await b.evidence(pair.b, signal), {
        taskId,
        title: titles.get(taskId),
        protocol,
        level,
        differences: settingDifferences(...made, taskId).filter(
          // Answers that were made elsewhere have no speed that a setting could change.
          ({ affects }) => affects !== 'performance' || !made.some(({ run }) => hasAnswersAlone(run)),
        ),
        expectsSamePrompts: rendersAlike(...made),
      }),
    );
  }
  return { level, cells, unmatched, verdict: comparisonVerdict(cells, sideNames(cells, a, b)) };
}
