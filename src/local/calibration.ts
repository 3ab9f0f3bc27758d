import { availableParallelism, cpus, hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { ClientCeiling } from '../core/load.ts';
import { readJsonIfThere } from '../sources/read-json.ts';
import { writeAtomically } from '../sources/write-atomically.ts';

const rate = z.object({
  perSecond: z.number().positive(),
  /** CPU of all of perbench's processes, in milliseconds, for one request or token. */
  cpuMsEach: z.number().min(0),
});

/** Raised when another way to measure gives other ceilings: older files are no ceiling then. */
export const calibrationVersion = 2;

const calibrationSchema = z.object({
  version: z.literal(calibrationVersion),
  /** Unix time. */
  measuredAtMs: z.number(),
  concurrency: z.int(),
  /** Processes that asked. */
  clientProcesses: z.int().positive(),
  /** Requests answered as a whole. */
  requests: rate,
  /** Tokens of streamed answers. */
  streamedTokens: rate,
  host: z.object({ hostname: z.string(), cpuModel: z.string(), cores: z.number(), nodeVersion: z.string() }),
});

/** What perbench can do as a client on one machine, against a server without work. */
export type Calibration = z.output<typeof calibrationSchema>;

function calibrationFile(cacheDir: string, clientProcesses: number): string {
  return join(cacheDir, clientProcesses === 1 ? 'calibration.json' : `calibration-${clientProcesses}.json`);
}

export async function writeCalibration(cacheDir: string, calibration: Calibration): Promise<string> {
  const file = calibrationFile(cacheDir, calibration.clientProcesses);
  await writeAtomically(file, `${JSON.stringify(calibration, undefined, 2)}\n`);
  return file;
}

/** The ceiling of so many processes that was measured on this machine with this Node; undefined where none was. */
export async function readCeiling(cacheDir: string, clientProcesses: number): Promise<ClientCeiling | undefined> {
  const parsed = calibrationSchema.safeParse(await readJsonIfThere(calibrationFile(cacheDir, clientProcesses)));
  if (!parsed.success) return undefined;
  const { host, requests, streamedTokens } = parsed.data;
  const isSame =
    host.hostname === hostname() &&
    host.cpuModel === (cpus()[0]?.model.trim() || 'unknown') &&
    host.cores === availableParallelism() &&
    host.nodeVersion === process.version;
  return isSame
    ? { requestsPerSecond: requests.perSecond, streamedTokensPerSecond: streamedTokens.perSecond }
    : undefined;
}
