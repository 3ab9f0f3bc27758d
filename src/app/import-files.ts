import { hash, randomInt } from 'node:crypto';
import { type Manifest, type ModelFacts, noLaunchFacts } from '../core/manifest.ts';
import { UsageError } from '../core/errors.ts';
import { createRunId } from '../core/run-id.ts';
import { longestLeaseMs, type RunRecord, type Store } from '../core/store.ts';
import { suiteSchema } from '../core/suite.ts';
import type { ForeignFile, ImportedCell, Imported } from '../formats/format.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import type { Report } from '../present/report.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { joinPerformance } from '../scoring/join-performance.ts';
import type { ScoreboardCell } from '../scoring/scoreboard.ts';
import { foreignFiles, type ForeignFilesOptions } from './foreign-files.ts';
import { isTaskNamed, scoreboardTasks } from './known-tasks.ts';

/** Nobody else writes into a run that is being imported: the lease has only to outlast it. */
const leaseMs = longestLeaseMs;
const batchSamples = 500;

/** Files that were read, and what they say. */
interface ImportedFiles {
  readonly imported: Imported;
  readonly files: readonly ForeignFile[];
}

/** Who imports; goes into the manifest. */
interface Importer {
  readonly commandLine: readonly string[];
  readonly perbenchVersion: string;
}

/** A run that results were kept as. */
export interface ImportedRun {
  readonly run: RunRecord;
  /** False: the same results had been imported before. */
  readonly isNew: boolean;
  /** The program that measured. */
  readonly tool: string;
}

export interface ImportFilesOptions extends ForeignFilesOptions, Importer {
  /** Opened as soon as there is something to keep; without it nothing is kept. */
  readonly openStore: (() => Promise<Store>) | undefined;
  /** Metric that is the accuracy, such as `acc_norm`; by default the task's own. */
  readonly metric?: string | undefined;
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  /** New names of models by their old ones. */
  readonly rename?: ReadonlyMap<string, string> | undefined;
  /** Where speed and memory of the models come from. */
  readonly performance?: readonly ScoreboardCell[] | undefined;
  /** Is told of what was left out or is doubtful. */
  readonly onDoubt?: ((text: string) => void) | undefined;
  readonly onImport?: ((imported: ImportedRun) => void) | undefined;
}

/**
 * Reads results of other programs, keeps them as runs, and scores them: what `perbench import` does.
 *
 * @param names files and folders
 * @throws {UsageError} if a name leads nowhere, or nothing is there of the wanted tasks
 * @throws {ImportError} if a file is of no known format, or can't be read
 */
export async function importFiles(names: readonly string[], options: ImportFilesOptions): Promise<Report> {
  const { metric, performance, rename = new Map<string, string>(), onDoubt } = options;
  const shown: ImportedCell[] = [];
  const notes: string[] = [];
  for (const { read, files } of await foreignFiles(names, options)) {
    const imported = chosen(read.read(files, { metric }), options);
    if (imported.cells.length === 0) continue;
    for (const note of imported.notes) onDoubt?.(note);
    shown.push(...imported.cells);
    notes.push(`Accuracy was measured by ${imported.tool}.`);
    const store = await options.openStore?.();
    if (store !== undefined) options.onImport?.(await keep({ imported, files }, store, options));
  }
  if (shown.length === 0) {
    throw new UsageError('the files have no results for these tasks', {
      hint: 'Omit --task to see all results.',
    });
  }
  for (const [old, name] of rename) {
    if (!shown.some(({ model }) => model === name)) onDoubt?.(`--rename: no model is called "${old}"`);
  }
  return scoredReport(distinct(shown), performance, notes);
}

function chosen(imported: Imported, { tasks = [], rename }: ImportFilesOptions): Imported {
  const cells = imported.cells
    .filter(({ taskId }) => isTaskNamed(taskId, tasks))
    .map((cell) => ({ ...cell, model: rename?.get(cell.model) ?? cell.model }));
  return { ...imported, cells };
}

/** The same model on the same task from two programs is two rows. */
function distinct(cells: readonly ImportedCell[]): readonly ImportedCell[] {
  const placeOf = ({ model, taskId }: ImportedCell): string => JSON.stringify([model, taskId]);
  const places = Map.groupBy(cells, placeOf);
  return cells.map((cell) =>
    places.get(placeOf(cell))?.length === 1 ? cell : { ...cell, model: `${cell.model} (${cell.from})` },
  );
}

async function scoredReport(
  imported: readonly ImportedCell[],
  performance: readonly ScoreboardCell[] | undefined,
  notes: readonly string[],
): Promise<Report> {
  const own = imported.map(({ model, taskId, measurements }) => ({
    model,
    taskId,
    measurements,
    state: 'done' as const,
  }));
  const { cells, notes: joined } =
    performance === undefined ? { cells: own, notes: [] } : joinPerformance(own, performance);
  const hint =
    'Only accuracy is known: add --performance with a run or a table of throughput, latency and memory to get scores.';
  const scoreboards = createScoreboards(cells, { tasks: await scoreboardTasks(cells.map(({ taskId }) => taskId)) });
  const isScored = scoreboards.some(({ rows }) => rows.some(({ score }) => score !== undefined));
  return {
    scoreboards,
    notes: [...new Set(notes), ...joined, ...(isScored || performance !== undefined ? [] : [hint])],
  };
}

function modelFacts({ from }: ImportedCell, files: ReadonlyMap<string, string>): ModelFacts {
  const source = `${from} (sha256 ${files.get(from) ?? 'unknown'})`;
  return { source, fileSha256: undefined, fileBytes: undefined, ...noLaunchFacts };
}

async function manifestOf({ imported, files }: ImportedFiles, importer: Importer): Promise<Manifest> {
  const hashes = new Map(files.map(({ name, bytes }) => [name, hash('sha256', bytes)]));
  const { tool, createdAtMs, cells } = imported;
  return {
    perbenchVersion: importer.perbenchVersion,
    nodeVersion: process.version,
    commandLine: importer.commandLine,
    host: await readHostFacts(),
    models: Object.fromEntries(cells.map((cell) => [cell.model, modelFacts(cell, hashes)])),
    tasks: {},
    seed: 0,
    race: undefined,
    imported: {
      tool,
      files: Array.from(hashes, ([name, sha256]) => ({ name, sha256 })),
      measuredAtMs: createdAtMs,
    },
  };
}

/** The same content, read in the same way, is the same run. */
function importKey(cells: readonly ImportedCell[]): string {
  const content = cells.map(({ model, taskId, measurements, samples }) => [model, taskId, measurements, samples]);
  return hash('sha256', JSON.stringify(['import/1', content]));
}

async function storeCell(store: Store, cellId: string, cell: ImportedCell, owner: string): Promise<void> {
  const claim = await store.claimCell(cellId, owner, leaseMs);
  if (claim === undefined) throw new Error(`cell ${cellId} of a new run was taken`);
  for (let start = 0; start < cell.samples.length; start += batchSamples) {
    await store.appendSamples(claim, cell.samples.slice(start, start + batchSamples), leaseMs);
  }
  await store.endCell(claim, { state: 'done', measurements: cell.measurements, error: undefined });
}

/** Keeps what was read as a run of its own, or finds the run in which it is already. */
async function keep(input: ImportedFiles, store: Store, importer: Importer): Promise<ImportedRun> {
  const { cells, tool } = input.imported;
  const suiteKey = importKey(cells);
  const earlier = await store.latestRun({ suiteKey, status: ['finished'] });
  if (earlier !== undefined) return { run: earlier, isNew: false, tool };
  const now = Date.now();
  const id = createRunId(now, () => randomInt(2 ** 32) / 2 ** 32);
  const models = [...new Set(cells.map(({ model }) => model))];
  const suite = suiteSchema.parse({
    name: `import of ${tool}`,
    models: models.map((name) => ({ name, source: 'imported' })),
    tasks: [...new Set(cells.map(({ taskId }) => taskId))],
  });
  const run = {
    id,
    name: suite.name,
    createdAtMs: now,
    suite,
    suiteKey,
    protocol: suite.protocol,
    manifest: await manifestOf(input, importer),
  };
  const planned = cells.map((cell, position) => ({
    id: `${id}.${position}`,
    model: cell.model,
    taskId: cell.taskId,
    protocol: suite.protocol,
    position,
    items: cell.items ?? cell.samples.length,
  }));
  await store.createRun(run, planned);
  for (const [position, cell] of cells.entries())
    await storeCell(store, `${id}.${position}`, cell, `import-${process.pid}`);
  await store.setRunStatus(id, 'finished');
  const stored = await store.getRun(id);
  if (stored === undefined) throw new Error(`run ${id} is not in the store after it was stored`);
  return { run: stored, isNew: true, tool };
}
