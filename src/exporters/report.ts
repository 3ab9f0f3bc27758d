import type { RunRecord } from '../core/store.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import type { TaskEvidence } from '../scoring/task-evidence.ts';

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
  /** What is behind it, for formats that show more than tables. */
  readonly sources?: ReportSources;
}

export interface ReportSources {
  readonly runs: readonly RunRecord[];
  /** As many as scoreboards, in the same order. */
  readonly evidence: readonly (TaskEvidence | undefined)[];
}
