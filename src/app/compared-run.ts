import { resolve } from 'node:path';
import { runNamed } from '../core/run-id.ts';
import type { Cell } from '../core/cell.ts';
import { UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { latencyItems, launchEvidence } from '../metrics/launches.ts';
import { framePrompts, promptFrame, promptQuestion } from '../present/prompt-text.ts';
import type { CellEvidence, ItemAnswer } from '../scoring/compare-cells.ts';
import { readExportedRun, type RecordedEvidence } from './exported-run.ts';
import { launchStarts } from './run-evidence.ts';

/** A run, of a store or of a file, with those of its cells that are compared. */
export interface ComparedRun {
  /** As the user named it. */
  readonly name: string;
  readonly run: RunRecord;
  readonly cells: readonly Cell[];
  /** Everything that a comparison needs of one of the cells. */
  evidence(cell: Cell, signal: AbortSignal | undefined): Promise<CellEvidence>;
}

/** A run, or one model of it, as the user names it. */
interface SideName {
  readonly kind: 'run' | 'file';
  readonly run: string;
  readonly model: string | undefined;
}

/** `20261124-1630`, `20261124-1630:smollm2`, `:smollm2`, `latest~1`, `base.json`, `base.json:smollm2`. */
function parseSideName(text: string): SideName {
  // Run ids hold no colon; names of models may, and may end like files.
  const [, file, modelInFile] = /^([^:].*?\.json)(?::(.+))?$/i.exec(text) ?? [];
  if (file !== undefined) return { kind: 'file', run: file, model: modelInFile };
  const [, run = '', model = ''] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
  return { kind: 'run', run: run === '' ? 'latest' : run, model: model === '' ? undefined : model };
}

/** Whether a name means an exported run, or one model of it, rather than one of a store. */
export function isExportedName(text: string): boolean {
  return parseSideName(text).kind === 'file';
}

type FoundRun = Pick<ComparedRun, 'run' | 'cells' | 'evidence'>;

async function openExported(name: string, folder: string): Promise<FoundRun> {
  const { run, cells } = await readExportedRun(resolve(folder, name), name);
  const evidence = new Map(cells.map(({ cell: { id }, evidence: own }) => [id, own]));
  return {
    run,
    cells: cells.map(({ cell }) => cell),
    evidence: async (cell) => ({ ...cellFacts(cell, run), ...(evidence.get(cell.id) ?? noEvidence) }),
  };
}

const noEvidence: RecordedEvidence = { answers: new Map(), launches: {}, launchStarts: [] };

async function openStored(store: Store | undefined, name: string): Promise<FoundRun> {
  const run = store === undefined ? undefined : await runNamed(store, name);
  if (store === undefined || run === undefined) {
    throw new UsageError(name === 'latest' ? 'no runs in the store' : `no run "${name}" in the store`, {
      hint: 'Run perbench list to see the stored runs.',
    });
  }
  return {
    run,
    cells: await store.cells(run.id),
    evidence: async (cell, signal) => cellEvidence(store, run, cell, signal),
  };
}

/** Everything that a comparison needs of a stored cell. */
export async function cellEvidence(
  store: Pick<Store, 'samples' | 'passResults'>,
  run: RunRecord,
  cell: Cell,
  signal: AbortSignal | undefined,
): Promise<CellEvidence> {
  return { ...cellFacts(cell, run), ...(await storedEvidence(store, cell, signal)) };
}

function cellFacts(
  { runId, model, state, error, measurements }: Cell,
  { suite }: RunRecord,
): Omit<CellEvidence, keyof RecordedEvidence> {
  return { runId, model, state, error: error?.message, measurements, allowsBusy: suite.allowBusy };
}

/** What a store knows of a cell item by item and launch by launch. */
export async function storedEvidence(
  store: Pick<Store, 'samples' | 'passResults'>,
  { id, measurements, protocol }: Cell,
  signal: AbortSignal | undefined,
): Promise<RecordedEvidence> {
  const answers = new Map<string, ItemAnswer>();
  const first = await Array.fromAsync(store.samples(id, { limit: framePrompts }), ({ prompt }) => prompt);
  const frame = promptFrame(first);
  for await (const { itemId, prompt, score, answer, expected, cluster, promptSha256, metrics } of store.samples(id)) {
    signal?.throwIfAborted();
    const question = promptQuestion(prompt, frame);
    answers.set(itemId, { question, score, answer, expected, cluster, promptSha256, metrics });
  }
  const passes = await store.passResults(id);
  return {
    answers,
    launches: launchEvidence(measurements, protocol, passes),
    launchStarts: launchStarts(passes),
    latencyItems: latencyItems(passes),
  };
}

/**
 * The run behind a name, with the cells of the model that it names.
 *
 * @param store undefined where there is none
 * @param folder from which files are meant; without it names are of the store alone
 * @throws {UsageError} if there is no such run or model
 * @throws {ImportError} if a file is no exported run
 */
export async function findComparedRun(
  store: Store | undefined,
  name: string,
  folder: string | undefined,
): Promise<ComparedRun> {
  const side = parseSideName(name);
  const found =
    side.kind === 'file' && folder !== undefined
      ? await openExported(side.run, folder)
      : await openStored(store, side.run);
  const { run, cells: stored } = found;
  const all = wholeCells(run, stored);
  if (side.model === undefined) return { ...found, name, cells: all };
  const cells = all.filter(({ model }) => model === side.model);
  if (cells.length > 0) return { ...found, name, cells };
  if (stored.some(({ model }) => model === side.model)) {
    throw new UsageError(`${side.model} was stopped early in run ${run.id}: its answers are a biased subset of all`, {
      hint: 'Compare runs made without --decide; perbench show prints the certificate.',
    });
  }
  const models = [...new Set(all.map(({ model }) => model))];
  const near = nearestName(side.model, models);
  throw new UsageError(`run ${run.id} has no model "${side.model}"; it has ${models.join(', ')}`, {
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
