import { hash } from 'node:crypto';
import { type Manifest, type ModelFacts, noLaunchFacts } from '../../core/manifest.ts';
import { createRunId } from '../../core/run-id.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import { suiteSchema } from '../../core/suite.ts';
import type { ForeignFile, ImportedCell, Imported } from '../../exporters/formats/format.ts';
import { readHostFacts } from '../../meters/host-facts.ts';
import type { CliContext } from '../context.ts';
import { perbenchVersion } from '../version.ts';

/** Nobody else writes into a run that is being imported: the lease has only to outlast it. */
const leaseMs = 600_000;
const batchSamples = 500;

/** Files that were read, and what they say. */
export interface ImportedFiles {
  readonly imported: Imported;
  readonly files: readonly ForeignFile[];
}

function modelFacts({ from }: ImportedCell, files: ReadonlyMap<string, string>): ModelFacts {
  const source = `${from} (sha256 ${files.get(from) ?? 'unknown'})`;
  return { source, fileSha256: undefined, fileBytes: undefined, ...noLaunchFacts };
}

async function manifestOf({ imported, files }: ImportedFiles, context: CliContext): Promise<Manifest> {
  const hashes = new Map(files.map(({ name, bytes }) => [name, hash('sha256', bytes)]));
  const { tool, createdAtMs, cells } = imported;
  return {
    perbenchVersion: perbenchVersion(),
    nodeVersion: process.version,
    commandLine: ['perbench', ...context.commandLine],
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

/**
 * Keeps what was read as a run of its own, or finds the run in which it is already.
 *
 * @returns the run, and whether it is new
 */
export async function storeImported(
  input: ImportedFiles,
  store: Store,
  context: CliContext,
): Promise<{ readonly run: RunRecord; readonly isNew: boolean }> {
  const { cells, tool } = input.imported;
  const suiteKey = importKey(cells);
  const earlier = await store.latestRun({ suiteKey, status: ['finished'] });
  if (earlier !== undefined) return { run: earlier, isNew: false };
  const now = Date.now();
  const id = createRunId(now, Math.random);
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
    manifest: await manifestOf(input, context),
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
  return { run: stored, isNew: true };
}
