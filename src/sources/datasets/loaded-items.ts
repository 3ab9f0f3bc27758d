import type { InvalidItemError } from '../../core/errors.ts';
import type { SourceSettings } from '../source-settings.ts';
import type { DatasetFile } from './dataset-formats.ts';
import type { OwnRow } from './own-table.ts';

export interface LoadOptions {
  /** Folder to look in; built-in tasks need none. */
  readonly dataDir?: string | undefined;
  /** Leave rows out that don't fit, instead of failing at the first. */
  readonly skipInvalid?: boolean;
  /** For data of the user's own on the hub. */
  readonly settings?: SourceSettings | undefined;
  /**
   * Looks at the rows of the user's own data, evaluated and examples, before the task does.
   *
   * @returns what a reader of the results should know; throws what is wrong
   */
  readonly checkRows?: ((rows: readonly OwnRow[], examples: readonly OwnRow[]) => readonly string[]) | undefined;
}

export interface LoadedItems {
  /** What the task evaluates, in its own order. */
  readonly items: readonly unknown[];
  /** Ids of `items`, each once. */
  readonly itemIds: readonly string[];
  /** Pool that few-shot examples come from; empty where the task shows none. */
  readonly examples: readonly unknown[];
  readonly files: readonly DatasetFile[];
  /** Over the items' content and that of the pool: the same for the same content in any file format. */
  readonly dataSha256: string;
  /** Over the ids, one a line, in order. */
  readonly itemIdsSha256: string;
  /** Rows left out, in file order. */
  readonly skipped: readonly InvalidItemError[];
  /** What a reader of the results should know, such as rows missing from the published set; one sentence each. */
  readonly notes: readonly string[];
  /** Of tasks of the user's own: the row of each item. */
  readonly rows?: readonly OwnRow[];
}
