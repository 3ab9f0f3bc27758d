import type { CreateTableBuilder, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { StoreError } from '../core/errors.ts';

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
  readonly block: BlockTable;
  readonly worker: WorkerTable;
  readonly job: JobTable;
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
  /** 0 or 1: workers are to end. */
  readonly stop_requested: number;
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
  /** Null in models that don't think, and in samples of a time before. */
  readonly cut: string | null;
  readonly thinking_tokens: number | null;
  readonly thoughts: string | null;
}

export interface PassResultTable {
  readonly cell_id: string;
  /** Order of arrival in the cell, from 0. */
  readonly sequence: number;
  readonly attempt: number;
  readonly result: string;
}

/** A part of a cell's items with a claim of its own. */
export interface BlockTable {
  readonly cell_id: string;
  /** From 0. */
  readonly block: number;
  readonly state: string;
  readonly attempt: number;
  readonly owner: string | null;
  readonly lease_until_ms: number | null;
  /** `PassResult`. */
  readonly result: string | null;
}

export interface WorkerTable {
  readonly id: string;
  readonly run_id: string;
  readonly started_at_ms: number;
  readonly seen_at_ms: number;
  /** `WorkerRecord`. */
  readonly record: string;
}

export interface JobTable {
  readonly name: string;
  readonly run_id: string;
  /** Order of submission in the run, from 0. */
  readonly sequence: number;
  /** When its submission was claimed. */
  readonly claimed_at_ms: number;
  /** `JobRecord`. */
  readonly record: string;
}

/** In order. A released entry is never edited, only followed by another; its position is the schema version. */
export const migrations: Readonly<Record<string, Migration>> = {
  '001-runs-cells-samples': {
    async up(db: Kysely<unknown>) {
      await createRunTable(db);
      await createCellTable(db);
      await createSampleTables(db);
      await createPassResultTable(db);
    },
  },
  // Filters of the viewer read verdicts without touching the samples' texts.
  '002-sample-verdicts': {
    async up(db: Kysely<unknown>) {
      await db.schema.dropIndex('sample_order').execute();
      await db.schema
        .createIndex('sample_verdict')
        .on('sample')
        .columns(['cell_id', 'position', 'item_id', 'score', 'is_unparsed', 'is_truncated'])
        .execute();
    },
  },
  // What is added lies behind the texts, so the index holds what is counted and filtered by.
  '003-sample-thoughts': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('sample').addColumn('cut', 'text').execute();
      await db.schema.alterTable('sample').addColumn('thinking_tokens', 'integer').execute();
      await db.schema.alterTable('sample').addColumn('thoughts', 'text').execute();
      await db.schema.dropIndex('sample_verdict').execute();
      const verdict = ['score', 'is_unparsed', 'is_truncated', 'cut', 'thinking_tokens'] as const;
      await db.schema
        .createIndex('sample_verdict')
        .on('sample')
        .columns(['cell_id', 'position', 'item_id', ...verdict])
        .execute();
    },
  },
  // Runs on many machines: blocks of items, who works, and which jobs were submitted.
  '004-workers': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('run')
        .addColumn('stop_requested', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
      // Workers look for open cells; most cells of a long run have ended.
      await db.schema.createIndex('cell_open').on('cell').columns(['run_id', 'state', 'position']).execute();
      await createBlockTable(db);
      await createWorkerTables(db);
    },
  },
};

export const schemaVersion = Object.keys(migrations).length;

async function createRunTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('run')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('suite', 'text', (column) => column.notNull())
    .addColumn('suite_key', 'text', (column) => column.notNull())
    .addColumn('protocol', 'text', (column) => column.notNull())
    .addColumn('manifest', 'text', (column) => column.notNull())
    .addColumn('cost', 'text')
    .execute();
  await db.schema.createIndex('run_created').on('run').columns(['created_at_ms']).execute();
}

async function createCellTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('cell')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('run_id', 'text', (column) => column.notNull().references('run.id').onDelete('cascade'))
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('task_id', 'text', (column) => column.notNull())
    .addColumn('protocol', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('lease_until_ms', 'bigint')
    .addColumn('items', 'integer', (column) => column.notNull())
    .addColumn('key', 'text')
    .addColumn('error', 'text')
    .addColumn('measurements', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('cell_run').on('cell').columns(['run_id', 'position']).execute();
}

async function createSampleTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('prompt')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('text', 'text', (column) => column.notNull())
    .execute();
  await addSampleColumns(db.schema.createTable('sample'))
    .addPrimaryKeyConstraint('sample_key', ['cell_id', 'item_id'])
    .execute();
  await db.schema.createIndex('sample_order').on('sample').columns(['cell_id', 'position', 'item_id']).execute();
}

// Small columns first: what lies behind a long text costs SQLite a walk along its overflow pages.
function addSampleColumns(table: CreateTableBuilder<'sample'>): CreateTableBuilder<'sample', string> {
  return table
    .addColumn('cell_id', 'text', (column) => column.notNull().references('cell.id').onDelete('cascade'))
    .addColumn('item_id', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('score', 'double precision', (column) => column.notNull())
    .addColumn('is_unparsed', 'integer', (column) => column.notNull())
    .addColumn('is_truncated', 'integer', (column) => column.notNull())
    .addColumn('failure_reason', 'text')
    .addColumn('failure_message', 'text')
    .addColumn('prompt_tokens', 'integer', (column) => column.notNull())
    .addColumn('reused_tokens', 'integer', (column) => column.notNull())
    .addColumn('output_tokens', 'integer', (column) => column.notNull())
    .addColumn('scheduled_ms', 'double precision')
    .addColumn('started_ms', 'double precision')
    .addColumn('first_token_ms', 'double precision')
    .addColumn('last_token_ms', 'double precision')
    .addColumn('cluster', 'text')
    .addColumn('metrics', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('answer', 'text')
    .addColumn('expected', 'text', (column) => column.notNull())
    .addColumn('prompt_sha256', 'text', (column) => column.notNull())
    .addColumn('prompt_id', 'text', (column) => column.notNull().references('prompt.id'))
    .addColumn('output', 'text', (column) => column.notNull())
    .addColumn('raw', 'text', (column) => column.notNull());
}

async function createPassResultTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pass_result')
    .addColumn('cell_id', 'text', (column) => column.notNull().references('cell.id').onDelete('cascade'))
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('result', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('pass_result_key', ['cell_id', 'sequence'])
    .execute();
}

async function createBlockTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('block')
    .addColumn('cell_id', 'text', (column) => column.notNull().references('cell.id').onDelete('cascade'))
    .addColumn('block', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('lease_until_ms', 'bigint')
    .addColumn('result', 'text')
    .addPrimaryKeyConstraint('block_key', ['cell_id', 'block'])
    .execute();
}

async function createWorkerTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('worker')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('run_id', 'text', (column) => column.notNull().references('run.id').onDelete('cascade'))
    .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('worker_run').on('worker').columns(['run_id', 'started_at_ms']).execute();
  await db.schema
    .createTable('job')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('run_id', 'text', (column) => column.notNull().references('run.id').onDelete('cascade'))
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('claimed_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('job_run').on('job').columns(['run_id', 'sequence']).execute();
}

/**
 * Reads a JSON column. Callers trust its type: only this program writes them, and migrations keep them current.
 *
 * @param place table, column and key, for the message
 * @throws {StoreError} if the text isn't JSON
 */
export function readJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StoreError(`the store is damaged: ${place} is not JSON`, {
      hint: 'Restore the store from a backup, or delete this run.',
      cause,
    });
  }
}
