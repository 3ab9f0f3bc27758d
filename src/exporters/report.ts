import type { Scoreboard } from '../stats/scoreboard.ts';

/** What is known about the run behind the scoreboards; all of it optional, for tables that somebody else measured. */
export interface ReportRun {
  readonly id?: string;
  readonly name?: string;
  readonly createdAtMs?: number;
  readonly perbenchVersion?: string;
  readonly seed?: number;
  /** Such as `AMD EPYC 7B13, 2 cores, Linux 6.1`. */
  readonly host?: string;
}

/** Results as they are shown and written: the same for every format. */
export interface Report {
  readonly run?: ReportRun;
  readonly scoreboards: readonly Scoreboard[];
  /** Sentences that concern the whole report, shown below it. */
  readonly notes?: readonly string[];
}

export type ReportFormat = 'terminal' | 'markdown' | 'csv' | 'json';
