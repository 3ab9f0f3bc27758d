import type { InvalidItemError } from '../../core/errors.ts';
import type { FileLimits } from '../../files/file-limits.ts';
import type { SourceSettings } from '../source-settings.ts';

/** A row of a data file. */
export interface OwnRow {
  readonly file: string;
  /** 1-based line on which it starts; the number of the row in formats without lines. */
  readonly line: number;
  /** By column; texts as they are in the file, other values as JSON and Parquet have them. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface OwnTableOptions {
  /** For data sets of the hub; without it they are refused. */
  readonly settings?: SourceSettings | undefined;
  /** By default those of the settings. */
  readonly limits?: FileLimits | undefined;
  /** Leave damaged rows out, with a warning, instead of failing at the first. */
  readonly skipInvalid?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** What every reader of a format gives. */
export interface ReadTable {
  readonly columns: readonly string[];
  readonly rows: readonly OwnRow[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  /** Why the names of the columns may be a first row, as a clause with its line; undefined where they are no row. */
  readonly headingDoubt?: string | undefined;
}

/** Takes a damaged row: throws it, or keeps it for a warning. */
export type OnDamage = (error: InvalidItemError) => void;
