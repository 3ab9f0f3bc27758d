import type { JobRecord, StoredJob, StoredWorker, WorkerRecord } from './cluster.ts';
import type { StoreError } from './errors.ts';
import type { Cell, CellError, CellMeasurements, PassResult } from './cell.ts';
import type { ItemScore } from './task.ts';
import type { Manifest } from './manifest.ts';
import type { Sample } from './sample.ts';
import type { ProtocolName, Suite } from './suite.ts';

export type RunStatus = 'running' | 'finished' | 'interrupted';

export interface RunRecord {
  /** Sortable, such as `20261124-163012-k3f9`. */
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly status: RunStatus;
  readonly suite: Suite;
  /** sha256 of what decides the results: models by content, tasks, data, protocol, limits, seed. */
  readonly suiteKey: string;
  readonly protocol: ProtocolName;
  readonly manifest: Manifest;
  /** What perbench itself cost; undefined until the run ends. */
  readonly cost: RunCost | undefined;
  /** Somebody wants its workers to end, wherever they are; absent where nobody does. */
  readonly isStopRequested?: boolean | undefined;
}

export interface RunCost {
  readonly wallMs: number;
  readonly parentCpuMs: number;
  readonly engineCpuMs: number;
  readonly eventLoopDelayP99Ms: number;
  readonly framesDrawn: number;
}

export type NewRun = Omit<RunRecord, 'status' | 'cost' | 'isStopRequested'>;

/** What names a run, without reading how it was made. */
export type RunHead = Pick<RunRecord, 'id' | 'name' | 'createdAtMs' | 'status'>;

export interface RunQuery {
  /** Part of the id, the name, or the name of a model; in any case. */
  readonly search?: string;
  readonly limit?: number;
}

export interface NewCell extends Pick<Cell, 'id' | 'model' | 'taskId' | 'protocol' | 'position' | 'items'> {
  /** Into so many its items are split, so that several workers may answer them; 0 or absent: they aren't. */
  readonly blocks?: number | undefined;
}

/** A part of a cell's items, which may be answered apart from everything else that the cell needs. */
export interface Block {
  readonly cellId: string;
  /** From 0. */
  readonly index: number;
  readonly state: 'pending' | 'running' | 'done';
  /** Nobody answers it, or whoever did has died. */
  readonly isClaimable: boolean;
  readonly attempt: number;
  /** Of whoever answered it last: where, how fast, and what was odd; undefined until it is done. */
  readonly result: PassResult | undefined;
}

/** How long a process that works on a cell holds it without a sign of life, and how long one may hold it at most. */
export const defaultLeaseMs = 30_000;
export const longestLeaseMs = 600_000;

/** Proof that this process may write into a cell. */
export interface Claim {
  readonly cellId: string;
  /** Of a block: then the proof is for answers to its items, for nothing else of the cell, and until that has ended. */
  readonly block?: number | undefined;
  readonly attempt: number;
  readonly owner: string;
}

/** What is left of a run. */
export interface OpenWork {
  /** Cells that can be claimed now: pending, or of a worker that died. */
  readonly claimable: number;
  /** Cells that others hold. */
  readonly held: number;
  /** Blocks that can be claimed now. */
  readonly claimableBlocks: number;
  readonly isStopRequested: boolean;
}

/** Counts over the samples of a cell, computed in the database. */
export interface SampleSummary {
  readonly items: number;
  readonly scoreSum: number;
  readonly scoreSquareSum: number;
  readonly failed: number;
  readonly unparsed: number;
  readonly truncated: number;
  /** Of the items whose tokens were counted. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Items whose output tokens nobody counted; absent where a store doesn't say. */
  readonly uncounted?: number | undefined;
  /** Absent where a store doesn't say. */
  readonly outputTokenSquareSum?: number | undefined;
  /** Of the output tokens. */
  readonly thinkingTokens: number;
  /** Items before which the model thought. */
  readonly thoughtful: number;
  /** Items without an answer, since their thoughts had no end. */
  readonly budgetCut: number;
  /** The most tokens of thoughts that one of them has; absent where none tells, and where a store doesn't say. */
  readonly mostCutTokens?: number | undefined;
  /** Items whose answer a server's filter held back. */
  readonly contentFiltered: number;
}

/** What became of an item. `wrong` is whatever isn't wholly right: unparsed, truncated, cut and failed ones as well. */
export const outcomes = ['right', 'wrong', 'unparsed', 'truncated', 'cut', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

export interface SampleQuery {
  readonly afterPosition?: number;
  readonly limit?: number;
  readonly only?: Outcome;
}

/** One of the cells whose answers are listed, and what its answer must be. */
export interface QueriedCell {
  readonly id: string;
  /** Any, by default. */
  readonly outcome?: Outcome | undefined;
}

/** The cell whose items are listed: the first with an outcome, so that the others need not have answered; else the first. */
export function listedCell(cells: readonly QueriedCell[]): QueriedCell | undefined {
  return cells.find(({ outcome }) => outcome !== undefined) ?? cells[0];
}

/** Which items of several cells of one task are listed, side by side. */
export interface ItemQuery {
  /** At least one; {@link listedCell} is the one whose items are listed. */
  readonly cells: readonly QueriedCell[];
  /** Only items that two of the cells have different scores for. */
  readonly isDisputed?: boolean;
  /** Part of the item's id, its expected answer, or of prompt, answer or output of that cell; in any case. */
  readonly search?: string | undefined;
  /** The last item of the page before. */
  readonly after?: { readonly position: number; readonly itemId: string } | undefined;
  readonly limit: number;
}

/** A score as it is stored, without prompt and output. */
export interface StoredScore extends ItemScore {
  readonly itemId: string;
  readonly cluster: string | undefined;
  readonly expected: string;
  /** Why no answer came that could be scored; absent where one came, or the engine failed. */
  readonly cut?: Sample['cut'];
}

/** One item with the verdicts of several cells. */
export interface ListedItem {
  readonly itemId: string;
  readonly position: number;
  readonly expected: string;
  /** Whole, as {@link Sample.prompt} is. */
  readonly prompt: string;
  /** Those cells that have answered it. */
  readonly verdicts: readonly ItemVerdict[];
}

export interface ItemVerdict {
  readonly cellId: string;
  readonly score: number;
  readonly answer: string | undefined;
  readonly isUnparsed: boolean;
  readonly isTruncated: boolean;
  /** Why there is no answer, of an item that didn't fail. */
  readonly cut?: Sample['cut'];
  readonly isFailed: boolean;
}

/** What a run that is copied is read from. */
export type RunSource = Pick<Store, 'cells' | 'blocks' | 'passResults' | 'samples'>;

/** Where runs live. Every method may throw {StoreError}; those with a claim {FencedError} as well. */
export interface Store extends AsyncDisposable {
  createRun(run: NewRun, cells: readonly NewCell[]): Promise<void>;
  /**
   * Writes a run of another store as it is there, whole or not at all. Nobody holds its cells here.
   *
   * @param from may be read more than once
   * @throws {StoreError} if the run, or one of its cells, is here already
   */
  copyRun(run: RunRecord, from: RunSource): Promise<void>;
  /** Newest first; all of them where the query asks for nothing else. */
  listRuns(query?: RunQuery): Promise<readonly RunRecord[]>;
  /** How many runs there are without a limit. */
  countRuns(query?: Pick<RunQuery, 'search'>): Promise<number>;
  /** Newest first. */
  runHeads(): Promise<readonly RunHead[]>;
  /**
   * By id or unique prefix.
   *
   * @throws {UsageError} if several runs begin like that
   */
  getRun(idOrPrefix: string): Promise<RunRecord | undefined>;
  latestRun(filter?: {
    readonly suiteKey?: string;
    readonly status?: readonly RunStatus[];
    /** Newer runs to pass over. */
    readonly skip?: number;
  }): Promise<RunRecord | undefined>;
  setRunStatus(runId: string, status: RunStatus, cost?: RunCost): Promise<void>;
  /** Changes what is stored now: several processes may change a manifest, one after the other. */
  changeManifest(runId: string, change: (manifest: Manifest) => Manifest): Promise<void>;
  /** Tells all workers of a run to end, or that they may work again. */
  requestStop(runId: string, isStopRequested: boolean): Promise<void>;

  cells(runId: string): Promise<readonly Cell[]>;
  /**
   * Claims a cell that is pending, or whose lease has run out; undefined where another process has it or it is ended. A
   * lease that ends later than one that is taken now has run out too: the clock was ahead when it was taken.
   */
  claimCell(cellId: string, owner: string, leaseMs: number): Promise<Claim | undefined>;
  /**
   * Claims all cells of one model that can be claimed, in one step: those of the first model in the order of the run, so that
   * its cells share its launches. Empty where there is none.
   *
   * @param models of these alone, by name
   */
  claimModel(runId: string, owner: string, leaseMs: number, models?: readonly string[]): Promise<readonly Claim[]>;
  /**
   * Claims a block that nobody works on, of a cell that hasn't ended; undefined where there is none.
   *
   * @param of cells of these models alone, or one cell
   */
  claimBlock(
    runId: string,
    owner: string,
    leaseMs: number,
    of?: { readonly models?: readonly string[] | undefined; readonly cellId?: string | undefined },
  ): Promise<Claim | undefined>;
  /** Of cells that have not ended. */
  openWork(runId: string, leaseMs: number, models?: readonly string[]): Promise<OpenWork>;
  renewLease(claim: Claim, leaseMs: number): Promise<void>;
  /**
   * What a cell was begun with; a claim on one of its blocks begins it too.
   *
   * @param earlier another key of the same content, which is replaced
   * @returns false if it was begun with something else, which stays
   */
  setCellKey(claim: Claim, key: string, earlier?: string): Promise<boolean>;
  /** Plans another number of items for a cell. */
  setCellItems(claim: Claim, items: number): Promise<void>;
  /** One transaction: the samples (those already there are kept) and the lease. */
  appendSamples(claim: Claim, samples: readonly Sample[], leaseMs: number): Promise<void>;
  appendPassResult(claim: Claim, result: PassResult): Promise<void>;
  endCell(
    claim: Claim,
    end: {
      readonly state: 'done' | 'failed' | 'unavailable';
      readonly measurements: CellMeasurements;
      readonly error: CellError | undefined;
    },
  ): Promise<void>;
  /** Gives a cell or a block back unfinished: it is pending again. */
  releaseCell(claim: Claim): Promise<void>;
  /** All items of the block are answered. */
  endBlock(claim: Claim, result?: PassResult): Promise<void>;
  /** Blocks of a cell, in their order; empty where it isn't split. */
  blocks(cellId: string): Promise<readonly Block[]>;
  /** Makes failed cells of a run pending again; their samples that failed in the engine are forgotten. */
  resetFailed(runId: string): Promise<number>;

  /** Keeps what is known of a worker, and that it is alive now. */
  putWorker(worker: WorkerRecord): Promise<void>;
  /** Of a run, in the order in which they came. */
  workers(runId: string): Promise<readonly StoredWorker[]>;
  /** Keeps what is known of a job, by its name. */
  putJob(job: JobRecord): Promise<void>;
  /**
   * Claims the submission of a job that has no handle yet, and keeps the record: of several at once one gets it. It can be
   * claimed where no job has its name, where whoever claimed it has said since that nothing came of it, or nothing at all for
   * as long as the lease.
   */
  claimJob(job: JobRecord, leaseMs: number): Promise<boolean>;
  /** Of a run, in the order in which they were submitted. */
  jobs(runId: string): Promise<readonly StoredJob[]>;

  passResults(cellId: string): Promise<readonly PassResult[]>;
  finishedItemIds(cellId: string): Promise<ReadonlySet<string>>;
  sampleSummary(cellId: string): Promise<SampleSummary>;
  /** In position order, streamed in pages. */
  samples(cellId: string, query?: SampleQuery): AsyncIterable<Sample>;
  /** One sample, whole; undefined where the cell hasn't answered the item. */
  sample(cellId: string, itemId: string): Promise<Sample | undefined>;
  /** Items in position order, as many as the query's limit at most. */
  listItems(query: ItemQuery): Promise<readonly ListedItem[]>;
  /** How many items there are without a limit. */
  countItems(query: Omit<ItemQuery, 'limit' | 'after'>): Promise<number>;
  /** Samples stored so far, by cell of a run; cells without any are left out. */
  sampleCounts(runId: string): Promise<ReadonlyMap<string, number>>;
  /** Scores in position order: enough for `summarise`, without prompts and outputs. */
  scores(cellId: string): AsyncIterable<StoredScore>;
  /** New scores for stored outputs; one transaction per cell. Returns how many samples got another verdict. */
  replaceScores(
    cellId: string,
    scores: AsyncIterable<{ readonly itemId: string; readonly score: ItemScore }>,
    measurements: CellMeasurements,
  ): Promise<number>;
  /**
   * What to tell of an error of this store. Where the store itself is lost (deleted, replaced, damaged), what is known of
   * its runs is written into a store beside it first, and the error names that.
   */
  rescue(error: StoreError): Promise<StoreError>;
}
