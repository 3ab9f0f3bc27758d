import { createHash } from 'node:crypto';
import type { Cell } from '../core/cell.ts';
import { type Block, longestLeaseMs, type RunRecord, type RunSource, type Store } from '../core/store.ts';

export interface CopyRunsOptions {
  /** Of the first store; all of them by default. */
  readonly runs?: readonly RunRecord[] | undefined;
  /** Copies runs that are being worked on as they are now; the copies are interrupted runs. */
  readonly allowRunning?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears how many samples of a run were read so far, to copy or to compare them. */
  readonly onRead?: ((run: RunRecord, samples: number) => void) | undefined;
}

/** `there`: it was copied before. Not copied: it is `running`, or the other store has it with `different` content. */
export type CopyOutcome = 'copied' | 'there' | 'running' | 'different';

export interface CopiedRun {
  readonly runId: string;
  readonly name: string;
  readonly outcome: CopyOutcome;
  readonly cells: number;
  readonly samples: number;
}

/**
 * Copies runs from one store into another, each whole or not at all, with their samples in memory a few at a time. Says of
 * one after the other what became of it.
 *
 * @throws {StoreError} if one of the stores fails
 */
export async function* copyRuns(
  from: Store,
  to: Store,
  options: CopyRunsOptions = {},
): AsyncGenerator<CopiedRun, void, void> {
  const runs = options.runs ?? (await from.listRuns()).toReversed();
  for (const run of runs) {
    options.signal?.throwIfAborted();
    const cells = await from.cells(run.id);
    const outcome = await copyOne(run, cells, from, to, options);
    const counts = await from.sampleCounts(run.id);
    const samples = counts.values().reduce((sum, count) => sum + count, 0);
    yield { runId: run.id, name: run.name, outcome, cells: cells.length, samples };
  }
}

async function copyOne(
  run: RunRecord,
  cells: readonly Cell[],
  from: Store,
  to: Store,
  { allowRunning = false, ...options }: CopyRunsOptions,
): Promise<CopyOutcome> {
  if (!allowRunning && (await isWorkedOn(run, cells, from))) return 'running';
  const there = await to.getRun(run.id);
  if (there?.id !== run.id) {
    await to.copyRun(runAtRest(run), sourceAtRest(run, from, options));
    return 'copied';
  }
  const isSame = (await contentHash(run, from, options)) === (await contentHash(there, to, options));
  return isSame ? 'there' : 'different';
}

/** Whether a process holds a cell or a block of it. One that was killed holds them until its lease runs out. */
async function isWorkedOn(run: RunRecord, cells: readonly Cell[], store: Store): Promise<boolean> {
  const { held, claimableBlocks } = await store.openWork(run.id, longestLeaseMs);
  if (held > 0) return true;
  let openBlocks = 0;
  for (const { id, state } of cells) {
    if (state !== 'pending' && state !== 'running') continue;
    openBlocks += (await store.blocks(id)).filter((block) => block.state !== 'done').length;
  }
  return openBlocks > claimableBlocks;
}

/** A run as it is where nobody works on it. */
function runAtRest(run: RunRecord): RunRecord {
  return { ...run, status: run.status === 'running' ? 'interrupted' : run.status, isStopRequested: undefined };
}

type ReadingOptions = Pick<CopyRunsOptions, 'signal' | 'onRead'>;

function sourceAtRest(run: RunRecord, store: Store, { signal, onRead }: ReadingOptions): RunSource {
  let read = 0;
  return {
    cells: async (runId) =>
      (await store.cells(runId)).map((cell): Cell => (cell.state === 'running' ? { ...cell, state: 'pending' } : cell)),
    blocks: async (cellId) =>
      (await store.blocks(cellId)).map((block): Block =>
        block.state === 'running' ? { ...block, state: 'pending' } : block,
      ),
    passResults: (cellId) => store.passResults(cellId),
    async *samples(cellId) {
      for await (const sample of store.samples(cellId)) {
        signal?.throwIfAborted();
        onRead?.(run, (read += 1));
        yield sample;
      }
    },
  };
}

/** Of all that a copy has. */
async function contentHash(run: RunRecord, store: Store, options: ReadingOptions): Promise<string> {
  const source = sourceAtRest(run, store, options);
  const sum = createHash('sha256');
  const add = (part: unknown): unknown => sum.update(`${JSON.stringify(part)}\n`);
  add(runAtRest(run));
  for (const cell of await source.cells(run.id)) {
    add([cell, await source.blocks(cell.id), await source.passResults(cell.id)]);
    for await (const sample of source.samples(cell.id)) add(sample);
  }
  return sum.digest('hex');
}
