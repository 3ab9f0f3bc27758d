import { runNamed } from '../core/run-id.ts';
import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { launchEvidence } from '../metrics/launches.ts';
import { compareCells, type CellEvidence, type ItemAnswer } from '../scoring/compare-cells.ts';
import { comparisonVerdict, type CellComparison, type Comparison } from '../scoring/comparison.ts';
import { framePrompts, promptFrame, promptQuestion } from '../present/prompt-text.ts';
import { isTaskNamed, taskTitles } from './known-tasks.ts';
import { rendersAlike, settingDifferences } from './setting-differences.ts';

/** A run, or one model of it, as the user names it: `20261124-1630`, `20261124-1630:smollm2`, `:smollm2`, `latest`. */
interface SideName {
  /** Id of a run or its beginning; undefined for the newest. */
  readonly run: string | undefined;
  readonly model: string | undefined;
}

/** A run with those of its cells that are compared. */
export interface ComparedRun {
  readonly run: RunRecord;
  readonly cells: readonly Cell[];
}

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

/** Run ids hold no colon; names of models may. */
function parseSideName(text: string): SideName {
  const colon = text.indexOf(':');
  const run = colon === -1 ? text : text.slice(0, colon);
  const model = colon === -1 ? undefined : text.slice(colon + 1);
  return {
    run: run === '' || run === 'latest' ? undefined : run,
    model: model === '' ? undefined : model,
  };
}

/**
 * The run behind a name, with the cells of the model that it names.
 *
 * @throws {UsageError} if there is no such run or model
 */
export async function findComparedRun(store: Store, text: string): Promise<ComparedRun> {
  const name = parseSideName(text);
  const run = await runNamed(store, name.run ?? 'latest');
  if (run === undefined) {
    throw new UsageError(name.run === undefined ? 'no runs in the store' : `no run "${name.run}" in the store`, {
      hint: 'Run perbench list to see the stored runs.',
    });
  }
  const stored = await store.cells(run.id);
  const all = wholeCells(run, stored);
  if (name.model === undefined) return { run, cells: all };
  const cells = all.filter(({ model }) => model === name.model);
  if (cells.length > 0) return { run, cells };
  if (stored.some(({ model }) => model === name.model)) {
    throw new UsageError(`${name.model} was stopped early in run ${run.id}: its answers are a biased subset of all`, {
      hint: 'Compare runs made without --decide; perbench show prints the certificate.',
    });
  }
  const models = [...new Set(all.map(({ model }) => model))];
  const near = nearestName(name.model, models);
  throw new UsageError(`run ${run.id} has no model "${name.model}"; it has ${models.join(', ')}`, {
    hint: near === undefined ? undefined : `Did you mean "${near}"?`,
  });
}

/** Scores that a race stopped early are a biased part of all: such cells can't be compared. */
function wholeCells({ id }: RunRecord, cells: readonly Cell[]): readonly Cell[] {
  const whole = cells.filter(
    ({ measurements: { accuracy } }) =>
      accuracy?.status !== 'unavailable' || !['stopped_early', 'not_launched'].includes(accuracy.reason),
  );
  if (whole.length > 0 || cells.length === 0) return whole;
  throw new UsageError(`run ${id} decided a question and stopped every model early: there is nothing to compare`, {
    hint: 'Compare runs made without --decide; perbench show prints the certificate.',
  });
}

/**
 * Puts cells of the same task and protocol side by side: one model against one model whatever they are called, several
 * against several by name.
 *
 * @param isWanted keeps a task
 */
export function pairCells(a: ComparedRun, b: ComparedRun, isWanted: (taskId: string) => boolean): CellPairs {
  const isSingle = [a, b].every(({ cells }) => new Set(cells.map(({ model }) => model)).size === 1);
  const describe = ({ model, taskId, protocol }: Cell, side: string): string =>
    `${model} on ${taskId} (${protocol}) is only in ${side}`;
  const key = ({ model, taskId, protocol }: Cell): string => JSON.stringify([taskId, protocol, isSingle ? '' : model]);
  const wanted = (side: ComparedRun): Cell[] => side.cells.filter(({ taskId }) => isWanted(taskId));
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
  readonly signal?: AbortSignal | undefined;
}

/** Everything that a comparison needs of a stored cell. */
async function readEvidence(store: Store, cell: Cell, signal: AbortSignal | undefined): Promise<CellEvidence> {
  const answers = new Map<string, ItemAnswer>();
  const first = await Array.fromAsync(store.samples(cell.id, { limit: framePrompts }), ({ prompt }) => prompt);
  const frame = promptFrame(first);
  for await (const { itemId, prompt, score, answer, expected, cluster, promptSha256 } of store.samples(cell.id)) {
    signal?.throwIfAborted();
    const question = promptQuestion(prompt, frame);
    answers.set(itemId, { question, score, answer, expected, cluster, promptSha256 });
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
 * @param nameA the baseline: `run`, `run:model`, `:model` of the newest run, `latest`
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
      hint: 'Name a model on each side as run:model; perbench show lists the cells of a run.',
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
