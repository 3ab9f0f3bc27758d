import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import { baseOfRun, ownBase } from '../core/find-base.ts';
import type { RaceVerdict } from '../core/race.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { isUnquantised } from '../gguf/file-type.ts';
import { baseRow, createLadder, type Ladder, type LadderModel, ladderRow, lossesOn } from '../scoring/ladder.ts';
import { modelSize } from '../scoring/model-size.ts';
import { cellEvidence } from './compared-run.ts';
import { checkTasks, isTaskNamed, taskTitles } from './known-tasks.ts';

export interface LadderOptions {
  /** Name of a model; by default that of the run's question, else that of its newest loss, else the first model. */
  readonly base?: string | undefined;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

const level = 0.95;

/** What a race said of a model; its differences are from the base of its question, and from no other. */
function verdictOf({ manifest: { race } }: RunRecord, cell: Cell, base: string): RaceVerdict | undefined {
  const { certificate, decisions = [] } = race?.tasks[cell.taskId] ?? {};
  const verdict = (certificate?.models ?? decisions).find(({ model }) => model === cell.model);
  if (verdict === undefined || race?.question.base === base) return verdict;
  const { difference: _, ...others } = verdict;
  return others;
}

/** Quantisations that files were made from, where those had lost something already; each once. */
function requantisedFrom({ manifest: { models } }: RunRecord, cells: readonly Cell[]): readonly string[] {
  const types = cells.flatMap(({ model }) => models[model]?.madeFrom ?? []);
  return [...new Set(types)].filter((type) => !isUnquantised(type));
}

/** One ladder: cells are read one after the other, since the answers of one may be large. */
async function ladderOf(
  store: Store,
  run: RunRecord,
  cells: readonly Cell[],
  { base, title, signal }: { base: string; title: string | undefined; signal: AbortSignal | undefined },
): Promise<Ladder | undefined> {
  const baseCell = cells.find(({ model }) => model === base);
  if (baseCell === undefined) return undefined;
  const { taskId, protocol } = baseCell;
  const losses = lossesOn(run.manifest.losses ?? [], base, taskId);
  const modelOf = async (cell: Cell): Promise<LadderModel> => ({
    evidence: await cellEvidence(store, run, cell, signal),
    size: modelSize(run.manifest.models[cell.model]),
    loss: losses.get(cell.model),
    verdict: verdictOf(run, cell, base),
  });
  const facts = { taskId, title, protocol, level };
  const own = await modelOf(baseCell);
  const rows = [baseRow(own)];
  for (const cell of cells) if (cell !== baseCell) rows.push(ladderRow(own, await modelOf(cell), facts));
  return createLadder({ ...facts, runId: run.id, base, requantisedFrom: requantisedFrom(run, cells) }, rows);
}

/** Of a run that names a base by itself, with another model beside it: for what shows ladders unasked. */
export async function ownLadders(
  store: Store,
  run: RunRecord,
  options: Pick<LadderOptions, 'tasks' | 'signal'>,
): Promise<readonly Ladder[]> {
  const isAsked = ownBase(run.manifest) !== undefined && Object.keys(run.manifest.models).length > 1;
  return isAsked ? laddersOfRun(store, run, options) : [];
}

/**
 * The models of a run from large to small, each against the base, task by task: what `perbench ladder` shows.
 *
 * @throws {UnknownNameError} if the run has no such model
 * @throws {UsageError} if it has no such task, or only one model
 */
export async function laddersOfRun(
  store: Store,
  run: RunRecord,
  { base: asked, tasks = [], signal }: LadderOptions = {},
): Promise<readonly Ladder[]> {
  const { leftOut = [] } = run.manifest;
  const cells = (await store.cells(run.id)).toSorted((left, right) => left.position - right.position);
  const models = [...new Set(cells.map(({ model }) => model))];
  const base = baseOfRun(run.manifest, models, asked);
  checkTasks(tasks, cells);
  if (models.length < 2) {
    throw new UsageError(`run ${run.id} has one model, and a ladder is of several`, {
      hint: 'Run the model with its quantisations or configurations in one suite.',
    });
  }
  const wanted = cells.filter(({ taskId }) => isTaskNamed(taskId, tasks) && !leftOut.includes(taskId));
  const byTask = Map.groupBy(wanted, ({ taskId }) => taskId);
  const titles = await taskTitles(byTask.keys(), [run]);
  const ladders: Ladder[] = [];
  for (const [taskId, own] of byTask) {
    const made = await ladderOf(store, run, own, { base, title: titles.get(taskId), signal });
    if (made !== undefined) ladders.push(made);
  }
  return ladders;
}
