import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { sizeText } from '../../core/amount-text.ts';
import { DataError } from '../../core/errors.ts';
import { findDataset } from '../../sources/datasets/find-dataset.ts';
import { loadTasks } from '../../tasks/index.ts';
import { type DoctorCheck, type Finding, fail, ok, warn } from './doctor-check.ts';

/** Twice the three small models: while a file is joined from its parts, both exist. */
const roomyBytes = 2 * 2 ** 30;

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  for (let current = resolve(folder); ; current = dirname(current)) {
    try {
      if ((await stat(current)).isDirectory() || dirname(current) === current) return current;
    } catch (error) {
      if (dirname(current) === current || !(error instanceof Error && 'code' in error)) throw error;
    }
  }
}

async function checkFolders(wanted: readonly string[], lowBytes: number, mend: string): Promise<Finding> {
  const details: string[] = [];
  for (const folder of wanted) {
    const existing = await nearestFolder(folder);
    try {
      await access(existing, constants.W_OK);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return fail(`${folder} is not writable: ${String(error.code)} in ${existing}`, mend);
    }
    const { bavail, bsize } = await statfs(existing);
    const free = `${sizeText(bavail * bsize)} free at ${folder}`;
    if (bavail * bsize < lowBytes) return warn(`only ${free}`, mend);
    details.push(free);
  }
  return ok(details.join('; '));
}

export const cacheFolderCheck: DoctorCheck = {
  name: 'cache folders',
  async run({ settings, lowBytes = roomyBytes }) {
    const mend =
      'Free some space, or set XDG_CACHE_HOME (for hub files, HF_HUB_CACHE) to a writable folder on another disk.';
    return checkFolders([settings.cacheDir, settings.hubCacheDir], lowBytes, mend);
  },
};

export const storeFolderCheck: DoctorCheck = {
  name: 'store folder',
  async run({ storePath, lowBytes = roomyBytes }) {
    const mend = 'Free some space, or use --store with a file in a writable folder on a local disk.';
    return checkFolders([dirname(storePath)], lowBytes, mend);
  },
};

export const storeCheck: DoctorCheck = {
  name: 'store',
  async run({ storePath }) {
    if (!existsSync(storePath)) return ok(`${storePath} will be created by the first run`);
    // Imported here so that other commands don't load a database.
    const { openSqliteStore } = await import('../../store/sqlite-store.ts');
    await using store = await openSqliteStore({ file: storePath, busyTimeoutMs: 2_000 });
    const runs = await store.listRuns();
    return ok(`${storePath} holds ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`);
  },
};

export const dataCheck: DoctorCheck = {
  name: 'data sets',
  async run({ dataDir }) {
    const mend = 'Run perbench data pull, or pass their folder with --data-dir or PERBENCH_DATA_DIR.';
    if (dataDir === undefined) return warn('no data folder: only the built-in mini set can be run', mend);
    const found: string[] = [];
    const missing: string[] = [];
    for (const { dataset, shots } of await loadTasks('all')) {
      if (dataset.source === 'builtin') continue;
      const needsExamples = shots > 0 && dataset.fewShotSource !== 'builtin';
      const splits = needsExamples ? [dataset.split, dataset.fewShotSplit] : [dataset.split];
      const isThere = await hasSplits(dataset.name, splits, dataDir);
      (isThere ? found : missing).push(dataset.name);
    }
    if (missing.length === 0) return ok(`${found.join(', ')} in ${dataDir}`);
    return warn(`${dataDir} has ${found.join(', ') || 'none'}; missing: ${missing.join(', ')}`, mend);
  },
};

async function hasSplits(
  name: Parameters<typeof findDataset>[0],
  splits: readonly (string | undefined)[],
  dataDir: string,
): Promise<boolean> {
  try {
    for (const split of splits) if (split !== undefined) await findDataset(name, split, dataDir);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}
