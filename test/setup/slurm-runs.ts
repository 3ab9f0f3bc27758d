import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { perbenchBin, type Running, startPerbench } from './perbench-process.ts';
import type { PostgresServer } from './postgres.ts';
import type { SlurmCluster } from './slurm-cluster.ts';

/** A folder with a suite, and a database that nodes reach from their own network: by the server's socket. */
export interface SlurmPlace {
  readonly slurm: SlurmCluster;
  readonly folder: string;
  readonly address: string;
}

/**
 * Writes `suite.json`, whose workers are this perbench.
 *
 * @param settings of Slurm, beside those
 */
export async function writePlace(
  { slurm, server, folder }: Pick<SlurmPlace, 'slurm' | 'folder'> & { readonly server: PostgresServer },
  suite: object,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<SlurmPlace> {
  const program = `${process.execPath} ${perbenchBin}`;
  const cluster = { slurm: { program, ...settings } };
  await writeFile(join(folder, 'suite.json'), JSON.stringify({ ...suite, cluster }));
  const database = new URL(await server.newDatabase()).pathname.slice(1);
  return { slurm, folder, address: server.address(database, { host: server.socketFolder }) };
}

export const runWords = ['run', 'suite.json', '--on', 'slurm', '--no-progress'] as const;

/** Starts perbench where Slurm's commands are, as a process that ends with the test. */
export function perbench({ slurm, folder, address }: SlurmPlace, ...words: readonly string[]): Running {
  const environment = { PATH: slurm.environment['PATH'] ?? '', SLURM_CONF: slurm.environment['SLURM_CONF'] ?? '' };
  const options = { workingFolder: folder, homeFolder: folder, environment };
  const running = startPerbench([...words, '--store', address], options);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}
