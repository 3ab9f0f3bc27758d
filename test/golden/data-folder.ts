import { existsSync } from 'node:fs';
import path from 'node:path';

const wanted = process.env['PERBENCH_DATA_DIR'] ?? path.join(import.meta.dirname, '../../../shared/data');

/** Folder with the five published data sets, or undefined: they are not part of the repository. */
export const dataFolder = existsSync(wanted) ? wanted : undefined;

/** Why tests on published data are skipped; printed as the reason. */
export const noDataReason = `no data sets at ${wanted}: set PERBENCH_DATA_DIR`;
