import type { Cell, CellMeasurements } from '../core/cell.ts';
import type { Sample } from '../core/sample.ts';
import type { RunRecord } from '../core/store.ts';
import type { Task } from '../core/task.ts';

/** What other programs' files say of a task. */
export type WrittenTask = Pick<Task, 'title' | 'metric' | 'kind' | 'items' | 'dataset'>;

/** A cell with all that can be written about it. */
export interface StoredCell {
  readonly run: RunRecord;
  readonly cell: Cell;
  /** Undefined for tasks that neither this version nor the run knows. */
  readonly task: WrittenTask | undefined;
  /** In position order, anew at each call. */
  readonly samples: () => AsyncIterable<Sample>;
}

/** A file to write, in the folder that the user names. */
export interface FormatFile {
  /** Relative, `/` between folders; never leads out of the folder. */
  readonly path: string;
  /** To be read to its end before the next file is asked for. */
  readonly content: AsyncIterable<string | Uint8Array>;
}

/** A file that somebody else wrote. */
export interface ForeignFile {
  /** As the user named it, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** One model on one task, as a foreign file has it. Every number in it is `published`. */
export interface ImportedCell {
  readonly model: string;
  readonly taskId: string;
  /** Items behind the accuracy; undefined where the file doesn't say. */
  readonly items: number | undefined;
  readonly measurements: CellMeasurements;
  readonly samples: readonly Sample[];
  /** File that the accuracy was read from. */
  readonly from: string;
}

export interface Imported {
  /** The program that measured, with its version, such as `lm-eval 0.4.13`. */
  readonly tool: string;
  /** Unix time of the evaluation, where a file says. */
  readonly createdAtMs: number | undefined;
  readonly cells: readonly ImportedCell[];
  /** What was left out or is doubtful, one sentence each. */
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** Metric that is the accuracy, such as `acc_norm` or `exact_match,strict-match`; by default the task's own. */
  readonly metric?: string | undefined;
}

/** A file format of another program. */
export interface ForeignFormat {
  /** Writes cells as that program would; absent where perbench only reads it. */
  readonly write?: (cells: readonly StoredCell[]) => AsyncIterable<FormatFile>;
  /** Absent where perbench only writes it. */
  readonly read?: {
    /** Whether a file looks like this format, by its name and first bytes; cheap, never throws. */
    accepts(file: ForeignFile): boolean;
    /**
     * Reads the files that were accepted.
     *
     * @throws {ImportError} naming file, place and what was expected
     */
    read(files: readonly ForeignFile[], options: ImportOptions): Imported;
  };
}
