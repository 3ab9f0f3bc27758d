import type { ClientCeiling } from '../core/load.ts';
import type { HostFacts } from '../core/manifest.ts';
import type { HostMeter } from '../core/meter.ts';
import type { Task } from '../core/task.ts';
import type { OnPullProgress } from '../sources/pull.ts';
import type { SourceSettings } from '../sources/source-settings.ts';
import type { InferenceDoubt } from '../tasks/own/infer-definition.ts';

/** A task that isn't perbench's own, with its rows as they come out of a file. */
export interface OwnTask {
  readonly task: Task;
  readonly records: readonly unknown[];
  /** Rows that few-shot examples come from. */
  readonly exampleRecords?: readonly unknown[];
}

/** What running a suite on this machine takes from outside. */
export interface LocalContext {
  readonly settings: SourceSettings;
  /** Where keys of servers are; without it there are none. */
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
  /** Absolute; relative model paths are meant from here. */
  readonly workingFolder: string;
  /** Folder with the data sets where the suite names none. */
  readonly dataDir: string | undefined;
  /** As typed; goes into the manifest. */
  readonly commandLine: readonly string[];
  readonly perbenchVersion: string;
  /** Tasks that suites may name beside perbench's. */
  readonly ownTasks: readonly OwnTask[] | undefined;
  /** Logs of servers that runs start go below it; without it, below the system's temporary folder. */
  readonly logFolder: string | undefined;
  /** What so many client processes can do at most, if that was measured here. */
  readonly readCeiling: (clientProcesses: number) => Promise<ClientCeiling | undefined>;
  readonly meter: HostMeter;
  readonly hostFacts: () => Promise<HostFacts>;
  readonly onPull: OnPullProgress | undefined;
  /** Says what is being done before the run starts, such as `reading gsm8k`. */
  readonly onStep: ((step: string) => void) | undefined;
  /** Says what a reader of the results should know, such as what was inferred of a data file; one sentence each. */
  readonly onNote?: ((note: string) => void) | undefined;
  /**
   * Asks somebody what data don't tell; without it, or without an answer, a doubt is an error.
   *
   * @param from the file that it is about
   */
  readonly onDoubt?: ((doubt: InferenceDoubt, from: string) => Promise<string | undefined>) | undefined;
}
