import { copyFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../core/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { Claim, Store } from '../core/store.ts';
import { isSqliteError } from './sqlite-error.ts';
import type { StoreWatch } from './store-watch.ts';
import type { WrittenCell, WrittenResults } from './written-results.ts';

export interface LostStore {
  readonly file: string;
  /** Still reads what SQLite has open, under whatever name. In no transaction. */
  readonly database: DatabaseSync;
  readonly watch: StoreWatch;
  readonly written: WrittenResults;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly openStore: (file: string) => Promise<Store>;
}

/**
 * Makes a store beside a lost one: a copy of it as this process still sees it, where that is readable, and what this
 * process has written. Cells that were worked on are free in it, so that the run can go on there.
 *
 * @returns the error to tell, which names the new store
 */
export async function rescue(lost: LostStore, fault: StoreError): Promise<StoreError> {
  const stamp = new Date(lost.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const name = `${basename(lost.file, extname(lost.file))}.rescued-${stamp}-${process.pid}${extname(lost.file)}`;
  const reasons: string[] = [];
  for (const folder of [dirname(lost.file), tmpdir()]) {
    const target = join(folder, name);
    try {
      await makeFolder(folder);
      const isCopy = copyInto(target, lost);
      await writeAgain(await lost.openStore(target), lost.written);
      // Without a copy, the log may hold what was in no other place.
      await lost.watch.clearPlace(isCopy ? undefined : `${target}.lost-log`);
      return told(fault, target, lost.written, isCopy);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      reasons.push(error.message);
    }
  }
  return new StoreError(`${fault.message}, and nothing could be written beside it (${reasons.join('; ')})`, {
    hint: fault.hint,
    cause: fault.cause,
  });
}

function told(fault: StoreError, target: string, written: WrittenResults, isCopy: boolean): StoreError {
  const { forgotten } = written;
  const without = forgotten === 0 || isCopy ? '' : ` except its ${forgotten} oldest answers`;
  const what = isCopy ? 'everything up to here' : `what this process has measured${without}`;
  const [runId = 'latest'] = written.runs.keys();
  const word = /^[\w@%+=:,./-]+$/.test(target) ? target : `'${target.replaceAll("'", String.raw`'\''`)}'`;
  return new StoreError(`${fault.message}; ${what} is in a new store, ${target}`, {
    hint: `Go on there: perbench resume ${runId} --store ${word}`,
    cause: fault.cause,
  });
}

/** Whether there was something to copy: the store as SQLite reads it, else its file without the log. */
function copyInto(target: string, { database, watch, file }: LostStore): boolean {
  const ways = [
    () => {
      if (watch.isLogWhole()) database.prepare('vacuum into ?').run(target);
    },
    () => {
      if (watch.isFileThere) copyFileSync(file, target);
    },
  ];
  return ways.some((copy, way) => {
    try {
      copy();
      // A copy of the file alone lacks what was in the log.
      return freeCells(target) && way === 0;
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      rmSync(target, { force: true });
      return false;
    }
  });
}

/** Nobody works on the copy: its cells are free at once. False where the copy is no whole store, which is then removed. */
function freeCells(target: string): boolean {
  const database = new DatabaseSync(target, { open: true });
  try {
    const [found] = Object.values(database.prepare('pragma quick_check(1)').get() ?? {});
    const hasRuns = database.prepare(`select count(*) as n from sqlite_schema where name = 'run'`).get()?.['n'] === 1;
    if (found === 'ok' && hasRuns) {
      database.exec(`update cell set state = 'pending', owner = null, lease_until_ms = null where state = 'running'`);
      database.exec(`update block set state = 'pending', owner = null, lease_until_ms = null where state = 'running'`);
      database.exec(`update run set status = 'interrupted' where status = 'running'`);
      return true;
    }
  } finally {
    database.close();
  }
  rmSync(target, { force: true });
  return false;
}

const owner = 'rescue';
const leaseMs = 60_000;

async function writeAgain(opened: Store, { runs, cells }: WrittenResults): Promise<void> {
  await using store = opened;
  for (const { run, cells: planned } of runs.values()) {
    if ((await store.getRun(run.id)) === undefined) await store.createRun(run, planned);
    await store.changeManifest(run.id, () => run.manifest);
    for (const { id } of planned) {
      const written = cells.get(id);
      const claim = written && (await store.claimCell(id, owner, leaseMs));
      // What has ended in the copy is whole.
      if (written !== undefined && claim !== undefined) await writeCell(store, claim, written);
    }
    await store.setRunStatus(run.id, 'interrupted');
  }
}

async function writeCell(store: Store, claim: Claim, written: WrittenCell): Promise<void> {
  const { key, items, samples, passes, end } = written;
  if (key !== undefined) await store.setCellKey(claim, key);
  if (items !== undefined) await store.setCellItems(claim, items);
  await store.appendSamples(claim, [...samples.values()], leaseMs);
  const known = new Set((await store.passResults(claim.cellId)).map((result) => JSON.stringify(result)));
  for (const result of passes) {
    if (!known.has(JSON.stringify(result))) await store.appendPassResult(claim, result);
  }
  if (end === undefined) await store.releaseCell(claim);
  else await store.endCell(claim, end);
}
