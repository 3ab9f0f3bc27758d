import type { DataSource } from '../../core/task-definition.ts';
import type { SourceSettings } from '../source-settings.ts';
import type { DatasetFile } from './dataset-formats.ts';

/** A row of a data file. */
export interface OwnRow {
  readonly file: string;
  /** 1-based line on which it starts; the number of the row in formats without lines. */
  readonly line: number;
  /** By column; texts as they are in the file, other values as JSON and Parquet have them. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** A data file, or several of the same columns, whatever format they have. */
export interface OwnTable {
  /** In the order of the file. */
  readonly columns: readonly string[];
  readonly rows: readonly OwnRow[];
  readonly files: readonly DatasetFile[];
  /** What was inferred of the file, such as its encoding and separator; one sentence each. */
  readonly notes: readonly string[];
  /** What a reader should doubt, such as rows that were left out; one sentence each, with file and line. */
  readonly warnings: readonly string[];
}

export interface OwnTableOptions {
  /** For data sets of the hub; without it they are refused. */
  readonly settings?: SourceSettings | undefined;
  /** Leave damaged rows out, with a warning, instead of failing at the first. */
  readonly skipInvalid?: boolean | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reads data of the user's own.
 *
 * @throws {DataError} if it can't be read as a table
 * @throws {InvalidItemError} for the first damaged row
 */
export async function readOwnTable(source: DataSource, options: OwnTableOptions): Promise<OwnTable> {
  throw new Error(`not written yet: ${source.path} ${String(options.skipInvalid)}`);
}
