import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Suite } from '../core/suite.ts';
import { openEngine } from '../engines/index.ts';
import type { OpenRunOptions } from '../run/open-run.ts';
import type { RunDependencies } from '../run/plan.ts';
import type { LocalContext } from './local-context.ts';

/** Names this process in the store, uniquely. */
export function processName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
}

/** What makes a new run another one than all before. */
export function newRunSeed(): Pick<OpenRunOptions, 'now' | 'random'> {
  return { now: new Date(), random: () => randomBytes(4).readUInt32LE(0) / 2 ** 32 };
}

type Given = Omit<RunDependencies, 'openEngine' | 'meter' | 'ceiling' | 'logFolder'>;

/** What a run on this machine uses of it. */
export async function runDependencies(
  { clientProcesses }: Pick<Suite, 'clientProcesses'>,
  {
    environment = {},
    meter,
    readCeiling,
    logFolder,
  }: Pick<LocalContext, 'meter' | 'environment' | 'logFolder' | 'readCeiling'>,
  given: Given,
): Promise<RunDependencies> {
  return {
    ...given,
    openEngine: (kind) => openEngine(kind, { environment }),
    meter,
    ceiling: await readCeiling(clientProcesses),
    logFolder,
  };
}
