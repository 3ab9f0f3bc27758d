import { join, relative, sep } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { ownPaths } from '../core/file-names.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { foreignFormats } from '../formats/foreign-formats.ts';
import type { FormatFile, StoredCell, WrittenTask } from '../formats/format.ts';
import type { SampleRow } from '../present/samples.ts';
import { storedEvidence } from './compared-run.ts';
import { storedCosts } from './cost-sources.ts';
import { type ExportedCell, exportedRunText } from './exported-run.ts';
import { isTaskNamed, knownTaskOfAnyVersion, ownFactsOf } from './known-tasks.ts';

/** What is exported. */
export interface ExportSource {
  readonly store: Store;
  readonly runs: readonly RunRecord[];
  /** Ids or short names; by default all. */
  readonly tasks?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function* storedCells({ store, runs, tasks = [] }: ExportSource): AsyncGenerator<StoredCell> {
  for (const run of runs) {
    for (const cell of await store.cells(run.id)) {
      if (!isTaskNamed(cell.taskId, tasks)) continue;
      yield { run, cell, task: await writtenTask(cell.taskId, run), samples: () => store.samples(cell.id) };
    }
  }
}

/** A task as other programs' files say it: of the registry, or the user's own as its run describes it. */
async function writtenTask(taskId: string, run: RunRecord): Promise<WrittenTask | undefined> {
  const own = ownFactsOf(taskId, [run]);
  if (own === undefined) return knownTaskOfAnyVersion(taskId);
  const { title, metric, kind } = own;
  return { title, metric, kind, items: run.manifest.tasks[taskId]?.items ?? 0 };
}

/** Samples of all cells, one after another, as `sampleFormats` take them. */
export async function* sampleRows(source: ExportSource): AsyncGenerator<SampleRow> {
  for await (const { run, cell, samples } of storedCells(source)) {
    const { model, taskId, protocol } = cell;
    const origin = { runId: run.id, model, task: taskId, protocol };
    for await (const sample of samples()) {
      source.signal?.throwIfAborted();
      yield { origin, sample };
    }
  }
}

/**
 * A run as `compareRuns`, `gateRuns` and `costsOfFile` read it from a file, anywhere.
 *
 * @throws {UsageError} unless it is one run
 */
export async function runFile({ store, runs, tasks = [], signal }: ExportSource): Promise<string> {
  const [run, ...others] = runs;
  if (run === undefined || others.length > 0) {
    throw new UsageError(`expected one run to export, got ${runs.length}`, {
      hint: 'Export each into a file of its own.',
    });
  }
  const priced = await storedCosts(store, run);
  const cells: ExportedCell[] = [];
  for (const cell of priced.cells) {
    if (!isTaskNamed(cell.taskId, tasks)) continue;
    cells.push({
      cell,
      evidence: await storedEvidence(store, cell, signal),
      costs: { ...(await priced.facts(cell)), tokens: await priced.tokens(cell) },
    });
  }
  return exportedRunText({ run, cells });
}

/**
 * The files of a format of another program, below a folder.
 *
 * @param folder absolute
 * @returns absolute paths; each file is to be read to its end before the next is asked for
 */
export async function* formatFiles(
  format: keyof typeof foreignFormats,
  folder: string,
  source: ExportSource,
): AsyncGenerator<FormatFile> {
  const { write } = await foreignFormats[format].load();
  const ownPath = ownPaths();
  for await (const { path, content } of write(await Array.fromAsync(storedCells(source)))) {
    source.signal?.throwIfAborted();
    const target = join(folder, ...ownPath(path).split('/'));
    const inside = relative(folder, target);
    // Names come from models and tasks; whatever they are, files stay in the folder.
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`))
      throw new Error(`${path} leads out of the folder`);
    yield { path: target, content };
  }
}
