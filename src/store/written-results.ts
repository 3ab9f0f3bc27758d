import type { PassResult } from '../core/cell.ts';
import { FencedError } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Claim, NewCell, NewRun, Store } from '../core/store.ts';

/** Characters of prompts and outputs that are remembered; beyond them the oldest answers are forgotten. */
const mostCharacters = 128 * 2 ** 20;

/** What this process has written into a cell. */
export interface WrittenCell {
  key: string | undefined;
  items: number | undefined;
  readonly samples: Map<string, Sample>;
  readonly passes: PassResult[];
  end: Parameters<Store['endCell']>[1] | undefined;
}

interface WrittenRun {
  readonly run: NewRun;
  readonly cells: readonly NewCell[];
}

function charactersOf({ prompt, output, raw, thoughts = '' }: Sample): number {
  return prompt.length + output.length + raw.length + thoughts.length;
}

/** What this process has written into a store, to be written once more where the store is lost. */
export class WrittenResults {
  readonly runs = new Map<string, WrittenRun>();
  readonly cells = new Map<string, WrittenCell>();
  /** Answers that were too many to remember. */
  forgotten = 0;
  #characters = 0;

  get isEmpty(): boolean {
    return this.runs.size === 0;
  }

  cell({ cellId }: Pick<Claim, 'cellId'>): WrittenCell {
    const known = this.cells.get(cellId);
    if (known !== undefined) return known;
    const cell: WrittenCell = { key: undefined, items: undefined, samples: new Map(), passes: [], end: undefined };
    this.cells.set(cellId, cell);
    return cell;
  }

  addSamples(claim: Claim, samples: readonly Sample[]): void {
    const own = this.cell(claim).samples;
    for (const sample of samples) {
      if (own.has(sample.itemId)) continue;
      own.set(sample.itemId, sample);
      this.#characters += charactersOf(sample);
    }
    for (const { samples: oldest } of this.cells.values()) {
      for (const [itemId, sample] of oldest) {
        if (this.#characters <= mostCharacters) return;
        oldest.delete(itemId);
        this.#characters -= charactersOf(sample);
        this.forgotten += 1;
      }
    }
  }
}

/** What a store has, or would have if it were whole; what another process may write alone is neither. */
async function keeping<Result>(
  writing: Promise<Result>,
  remember: (result: Result | undefined) => void,
): Promise<Result> {
  let result: Result;
  try {
    result = await writing;
  } catch (error) {
    if (!(error instanceof FencedError)) remember(undefined);
    throw error;
  }
  remember(result);
  return result;
}

type WritingMethods = Pick<
  Store,
  | 'createRun'
  | 'changeManifest'
  | 'claimCell'
  | 'claimModel'
  | 'claimBlock'
  | 'setCellKey'
  | 'setCellItems'
  | 'appendSamples'
  | 'appendPassResult'
  | 'endCell'
>;

/**
 * The store, with everything that is written into it remembered in `written`.
 *
 * @param runOf id of a cell's run
 */
export function remembering<Whole extends WritingMethods & Pick<Store, 'getRun' | 'cells'>>(
  store: Whole,
  written: WrittenResults,
  runOf: (cellId: string) => Promise<string | undefined>,
): Whole {
  /** A run that an earlier process began is read when the first of its cells is claimed. */
  async function remember(cellId: string): Promise<void> {
    const runId = await runOf(cellId);
    if (runId === undefined || written.runs.has(runId)) return;
    const run = await store.getRun(runId);
    if (run !== undefined) written.runs.set(run.id, { run, cells: await store.cells(run.id) });
  }
  return {
    ...store,
    async createRun(run, cells) {
      await store.createRun(run, cells);
      written.runs.set(run.id, { run, cells });
    },
    async changeManifest(runId, change) {
      await store.changeManifest(runId, (before) => {
        const manifest = change(before);
        const known = written.runs.get(runId);
        if (known !== undefined) written.runs.set(runId, { ...known, run: { ...known.run, manifest } });
        return manifest;
      });
    },
    async claimCell(cellId, owner, leaseMs) {
      const claim = await store.claimCell(cellId, owner, leaseMs);
      if (claim !== undefined) await remember(cellId);
      return claim;
    },
    async claimModel(...asked) {
      const claims = await store.claimModel(...asked);
      for (const { cellId } of claims) await remember(cellId);
      return claims;
    },
    async claimBlock(...asked) {
      const claim = await store.claimBlock(...asked);
      if (claim !== undefined) await remember(claim.cellId);
      return claim;
    },
    setCellKey: (claim, key, earlier) =>
      keeping(store.setCellKey(claim, key, earlier), (isAgreed) => {
        if (isAgreed !== false) written.cell(claim).key = key;
      }),
    setCellItems: (claim, items) =>
      keeping(store.setCellItems(claim, items), () => {
        written.cell(claim).items = items;
      }),
    appendSamples: (claim, samples, leaseMs) =>
      keeping(store.appendSamples(claim, samples, leaseMs), () => written.addSamples(claim, samples)),
    appendPassResult: (claim, result) =>
      keeping(store.appendPassResult(claim, result), () => {
        written.cell(claim).passes.push(result);
      }),
    endCell: (claim, end) =>
      keeping(store.endCell(claim, end), () => {
        written.cell(claim).end = end;
      }),
  };
}
