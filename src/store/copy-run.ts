import type { Kysely } from 'kysely';
import type { Cell } from '../core/cell.ts';
import type { Sample } from '../core/sample.ts';
import type { RunRecord, RunSource } from '../core/store.ts';
import { insertPassResult } from './claims.ts';
import { insertBlocks, insertCells, insertRun } from './run-queries.ts';
import { insertPrompts, insertRows, insertSamples } from './sample-rows.ts';
import type { Database } from './schema.ts';
import type { StoreDialect } from './store-dialect.ts';

/** Writes a run of another store in one transaction, a batch of samples in memory at a time. */
export async function copyRun(
  db: Kysely<Database>,
  dialect: StoreDialect,
  run: RunRecord,
  from: RunSource,
): Promise<void> {
  const cells = await from.cells(run.id);
  // Runs share prompts: another process that stores the same one would wait for the end of this transaction.
  if (dialect.locksRows) {
    for (const { id } of cells) for await (const samples of batches(from.samples(id))) await insertPrompts(db, samples);
  }
  await dialect.transact(db, async (transaction) => {
    await insertRun(transaction, run, run);
    await insertCells(transaction, run.id, cells, (cell) => cell);
    for (const cell of cells) await copyContent(transaction, cell, from);
  });
}

async function copyContent(db: Kysely<Database>, { id, attempt }: Cell, from: RunSource): Promise<void> {
  const writer = { cellId: id, attempt };
  await insertBlocks(db, id, await from.blocks(id));
  for (const [sequence, result] of (await from.passResults(id)).entries()) {
    await insertPassResult(db, writer, sequence, result);
  }
  for await (const samples of batches(from.samples(id))) await insertSamples(db, writer, samples);
}

async function* batches(samples: AsyncIterable<Sample>): AsyncGenerator<readonly Sample[], void, void> {
  let batch: Sample[] = [];
  for await (const sample of samples) {
    batch.push(sample);
    if (batch.length < insertRows) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
