/**
 * Tables of a store, in what SQLite and PostgreSQL have in common: JSON as text, times as integer milliseconds,
 * booleans as 0 and 1, numbers as double precision. docs/store.md explains them.
 */
export interface Database {
  readonly run: RunTable;
  readonly cell: CellTable;
  readonly prompt: PromptTable;
  readonly sample: SampleTable;
  readonly pass_result: PassResultTable;
}

export interface RunTable {
  readonly id: string;
  readonly name: string;
  readonly created_at_ms: number;
  readonly status: string;
  readonly suite: string;
  readonly suite_key: string;
  readonly protocol: string;
  readonly manifest: string;
  readonly cost: string | null;
}

export interface CellTable {
  readonly id: string;
  readonly run_id: string;
  readonly model: string;
  readonly task_id: string;
  readonly protocol: string;
  readonly position: number;
  readonly state: string;
  readonly attempt: number;
  readonly owner: string | null;
  readonly lease_until_ms: number | null;
  readonly items: number;
  readonly key: string | null;
  readonly error: string | null;
  readonly measurements: string;
}

/** Prompt texts, each stored once: all models of a suite are asked the same. */
export interface PromptTable {
  readonly id: string;
  readonly text: string;
}

export interface SampleTable {
  readonly cell_id: string;
  readonly item_id: string;
  readonly position: number;
  /** The attempt that wrote it. */
  readonly attempt: number;
  readonly score: number;
  readonly is_unparsed: number;
  readonly is_truncated: number;
  readonly failure_reason: string | null;
  readonly failure_message: string | null;
  readonly prompt_tokens: number;
  readonly reused_tokens: number;
  readonly output_tokens: number;
  readonly scheduled_ms: number | null;
  readonly started_ms: number | null;
  readonly first_token_ms: number | null;
  readonly last_token_ms: number | null;
  readonly cluster: string | null;
  readonly metrics: string;
  readonly detail: string;
  readonly answer: string | null;
  readonly expected: string;
  readonly prompt_sha256: string;
  readonly prompt_id: string;
  readonly output: string;
  readonly raw: string;
}

export interface PassResultTable {
  readonly cell_id: string;
  /** Order of arrival in the cell, from 0. */
  readonly sequence: number;
  readonly attempt: number;
  readonly result: string;
}
