import type { Manifest } from '../core/manifest.ts';
import type { RunCost, RunRecord, RunStatus } from '../core/store.ts';
import type { PageLadder } from './page-ladder.ts';
import type { PageTable } from './page-table.ts';
import type { Report } from '../present/report.ts';

/** Raised when a page would misunderstand the data of another version. */
export const pageSchema = 'perbench-page/1';

/** Everything about one run (or several) that a page shows. Plain JSON: no Maps, no typed arrays. */
export interface PageData {
  readonly schema: typeof pageSchema;
  readonly createdAtMs: number;
  readonly perbenchVersion: string;
  readonly report: Report;
  /** As many as scoreboards, in the same order. */
  readonly boards: readonly BoardExtras[];
  /** One per run; empty where the numbers come from somebody else's table. */
  readonly runs: readonly PageRun[];
  /** Of a run that names a base. */
  readonly ladders?: readonly PageLadder[];
  /** Of models at servers that tell of themselves. */
  readonly servers?: readonly PageTable[];
  /** All its runs took a busy machine's numbers as they are. */
  readonly allowsBusy: boolean;
  /** Commands that repeat what is shown, in order. */
  readonly reproduce: readonly string[];
}

/** What a page knows about a scoreboard beside the scoreboard itself. */
export interface BoardExtras {
  readonly draws?: DrawsPlace;
}

/** Where a scoreboard's replicates lie in the page's block of numbers. */
export interface DrawsPlace {
  /** In the order in which each replicate lists them. */
  readonly models: readonly string[];
  readonly replicates: number;
  /** Index of the first number; accuracy, throughput, latency and memory follow one another. */
  readonly start: number;
  /** `paired`: drawn from the same items; `intervals`: each model alone, from its interval. */
  readonly method: 'paired' | 'intervals';
}

export interface PageRun {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly status: RunStatus;
  readonly protocol: string;
  readonly manifest: Manifest;
  readonly suite: unknown;
  readonly cost?: RunCost;
}

export function pageRun(run: RunRecord): PageRun {
  const { id, name, createdAtMs, status, protocol, manifest, suite, cost } = run;
  return { id, name, createdAtMs, status, protocol, manifest, suite, ...(cost !== undefined && { cost }) };
}

/** A page's data with its block of numbers. */
export interface LoadedPage {
  readonly data: PageData;
  readonly numbers: Float32Array;
}
