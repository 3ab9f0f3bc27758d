import { DataError } from '../../core/errors.ts';
import { findDataset } from '../../sources/datasets/find-dataset.ts';
import { loadTasks } from '../../tasks/index.ts';
import type { DoctorCheck } from './doctor-check.ts';

export const dataCheck: DoctorCheck = {
  name: 'data sets',
  async run({ dataDir }) {
    const mend = 'Run perbench data pull, or name the folder that has them with --data-dir or PERBENCH_DATA_DIR.';
    if (dataDir === undefined) {
      return { state: 'warn', detail: 'no data folder: only the built-in mini set can be run', mend };
    }
    const found: string[] = [];
    const missing: string[] = [];
    for (const { dataset, shots } of await loadTasks('all')) {
      if (dataset.source === 'builtin') continue;
      const needsExamples = shots > 0 && dataset.fewShotSource !== 'builtin';
      const splits = needsExamples ? [dataset.split, dataset.fewShotSplit] : [dataset.split];
      const isThere = await hasSplits(dataset.name, splits, dataDir);
      (isThere ? found : missing).push(dataset.name);
    }
    if (missing.length === 0) return { state: 'ok', detail: `${found.join(', ')} in ${dataDir}` };
    const detail = `${dataDir} has ${found.join(', ') || 'none'}; missing: ${missing.join(', ')}`;
    return { state: 'warn', detail, mend };
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
