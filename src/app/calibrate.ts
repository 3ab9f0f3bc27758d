import { availableParallelism, cpus, hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { ownCpuMs } from '../core/clock.ts';
import type { GenerateRequest, LoadedModel } from '../core/engine.ts';
import { EngineError } from '../core/errors.ts';
import type { ClientCeiling } from '../core/load.ts';
import type { HostFacts } from '../core/manifest.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { readJsonIfThere } from '../files/if-there.ts';
import { writeAtomically } from '../sources/disk-error.ts';
import { forkNullServer, openNullModel } from './null-server/open-null-server.ts';

const rate = z.object({
  perSecond: z.number().positive(),
  /** CPU of all of perbench's processes, in milliseconds, for one request or token. */
  cpuMsEach: z.number().min(0),
});

/** Raised when another way to measure gives other ceilings: older files are no ceiling then. */
const calibrationVersion = 2;

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

export interface CalibrateOptions {
  /** Of each of the two measurements. */
  readonly durationMs: number;
  readonly concurrency: number;
  /** Processes that ask. */
  readonly clientProcesses: number;
  /** Absolute; runs look for the ceiling there. */
  readonly cacheDir: string;
  readonly host?: Pick<HostFacts, 'hostname' | 'cpuModel' | 'cores'>;
  readonly signal: AbortSignal;
}

/** About as long as a question of a data set. */
export const calibrationPrompt =
  'A ferry carries cars over the river every half hour, and on Sundays it stops for lunch before noon. '.repeat(5);
/** Of an answer. */
const answerTokens = { whole: 16, streamed: 64 } as const;

/** Asks for so long; what is in flight at the end is finished and counts. */
async function measure(model: LoadedModel, isStreamed: boolean, { durationMs, concurrency, signal }: CalibrateOptions) {
  const clients = model.clients?.watch();
  const before = ownCpuMs();
  const startMs = performance.now();
  async function* requests(): AsyncGenerator<GenerateRequest> {
    for (let count = 0; performance.now() - startMs < durationMs; count += 1) {
      const prompt = { style: 'plain', text: `${count} ${calibrationPrompt}` } as const;
      yield { id: String(count), prompt, maxTokens: isStreamed ? answerTokens.streamed : answerTokens.whole, stop: [] };
    }
  }
  let done = 0;
  for await (const result of model.generate(requests(), { concurrency, reuse: 'none', isStreamed, signal })) {
    if (result.status === 'failed') throw new EngineError(`the null server failed: ${result.message}`);
    done += isStreamed ? result.outputTokens : 1;
  }
  signal.throwIfAborted();
  const perSecond = (1000 * done) / (performance.now() - startMs);
  const asked = (await clients?.stop()) ?? [];
  const cpuMs = asked.reduce((sum, each) => sum + each.cpuMs, ownCpuMs() - before);
  return { perSecond, cpuMsEach: cpuMs / done };
}

/**
 * Measures the client's ceiling and keeps it: what `perbench calibrate` does. Takes a little over twice `durationMs`,
 * with the CPU at its limit.
 *
 * @returns with the file that it is kept in
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration & { readonly file: string }> {
  const { durationMs, concurrency, clientProcesses, cacheDir, signal } = options;
  const { hostname: name, cpuModel, cores } = options.host ?? (await readHostFacts());
  await using server = await forkNullServer({ tokens: answerTokens.streamed, firstTokenMs: 0, tokenMs: 0 });
  await using model = await openNullModel(server.baseUrl, signal, clientProcesses);
  await measure(model, false, { ...options, durationMs: durationMs / 5 });
  const requests = await measure(model, false, options);
  const streamedTokens = await measure(model, true, options);
  const calibration: Calibration = {
    version: calibrationVersion,
    measuredAtMs: Date.now(),
    concurrency,
    clientProcesses,
    requests,
    streamedTokens,
    host: { hostname: name, cpuModel, cores, nodeVersion: process.version },
  };
  const file = calibrationFile(cacheDir, clientProcesses);
  await writeAtomically(file, `${JSON.stringify(calibration, undefined, 2)}\n`);
  return { ...calibration, file };
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
