import { jsonInside } from '../../core/json-inside.ts';
import { ServerError, UnsupportedError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import type { MemoryReading } from '../../core/meter.ts';
import { withoutSecrets } from '../../core/without-secrets.ts';
import type { GpuPrograms } from '../../meters/devices/gpu-tools.ts';
import { readProcessMemory, readProcessTree, resetMemoryPeak } from '../../meters/processes.ts';
import { thisSystem } from '../../meters/systems/this-system.ts';
import { askServer } from './ask-server.ts';
import { createMetricsScraper, metricsTimeoutMs } from './metrics-scraper.ts';
import type { ServerHost } from './served-model.ts';
import { machineHasGpu, measureServerMemory } from './server-memory.ts';
import { type ServerProcess, wholeLog } from './server-process.ts';
import {
  llamaServerMemory,
  ollamaMemory,
  serverDevices,
  type ServerMemoryReport,
  sglangMemory,
  untoldMemory,
  vllmMemory,
} from './server-reports.ts';
import { type StartedServer, startFailure } from './start-server.ts';

export interface ManagedHostOptions extends StartedServer {
  /** The model's, as the suite has it. */
  readonly name: string;
  readonly server: ManagedServer;
  readonly servedName: string;
  readonly apiKey: string | undefined;
  /** GPUs behind the server, where the options say it. */
  readonly devices: number | undefined;
  readonly tools: GpuPrograms;
}

const answerMs = 5_000;
/** An exit is heard of a little after connections break. */
const exitMs = 1_000;

async function askJson(url: string, apiKey: string | undefined): Promise<unknown> {
  return jsonInside(await askServer(url, apiKey, answerMs));
}

async function askReport({
  process,
  origin,
  server,
  servedName,
  apiKey,
}: ManagedHostOptions): Promise<ServerMemoryReport> {
  switch (server.preset) {
    case 'vllm':
      return vllmMemory(wholeLog(process.logFile));
    case 'sglang':
      return sglangMemory(await askJson(`${origin}/get_server_info`, apiKey));
    case 'ollama': {
      const found = ollamaMemory(await askJson(`${origin}/api/ps`, apiKey), servedName);
      if (found === undefined) return untoldMemory;
      const { deviceBytes, totalBytes } = found;
      if (deviceBytes === 0) return { ...untoldMemory, place: 'host' };
      return { ...untoldMemory, deviceBytes, place: deviceBytes < totalBytes ? 'both' : 'device' };
    }
    case 'llama-server':
    case undefined: {
      // Many commands end up as one of the two; a log of neither says nothing.
      const log = wholeLog(process.logFile);
      const reports = [llamaServerMemory(log), vllmMemory(log)];
      return reports.find(({ weightsBytes }) => weightsBytes !== undefined) ?? untoldMemory;
    }
  }
}

/** The server's process, and those of its own that left its tree; others may end without being missed. */
function rootsOf(process: ServerProcess): readonly number[] {
  const tree = new Set(readProcessTree([process.pid])?.map(({ pid }) => pid));
  return [process.pid, ...process.processIds().filter((pid) => pid !== process.pid && !tree.has(pid))];
}

/** A server that perbench started: its processes, its memory by its own word and the GPU tools', and its end. */
export function createManagedHost(options: ManagedHostOptions): ServerHost {
  const { process, origin, argv, name, server, tools } = options;
  const scraper = createMetricsScraper({
    read: () => askServer(`${origin}/metrics`, options.apiKey, metricsTimeoutMs),
    flavour: server.preset ?? 'unknown',
  });
  const roots = rootsOf(process);
  const hasGpu = machineHasGpu(tools);
  let isPeakReset = false;
  let report: Promise<ServerMemoryReport> | undefined;

  async function memory(): Promise<MemoryReading> {
    const { end } = process;
    if (end !== undefined) throw startFailure(process, options.servedName, end, origin);
    // Ollama loads a model with its first request, and says how much it takes from then on.
    if (server.preset === 'ollama') report = undefined;
    report ??= askReport(options);
    const known = await report;
    const processIds = process.processIds();
    const reading = await measureServerMemory({
      report: known,
      kvUsageMax: scraper.kvUsageMax(),
      processIds,
      resident: readProcessMemory(processIds),
      isPeakReset,
      weightsBytes: undefined,
      hasGpu,
      tools,
      system: thisSystem,
    });
    if (reading !== undefined) return reading;
    throw new UnsupportedError(`${options.servedName}: the memory of its server is unknown`, {
      hint: 'Run perbench doctor to check the GPU tools and what the system shows.',
    });
  }

  return {
    processIds: roots,
    memory,
    async resetMemoryPeak() {
      scraper.resetPeak();
      isPeakReset = resetMemoryPeak(process.processIds());
    },
    watch: server.preset === 'ollama' ? undefined : () => scraper.start(),
    describe() {
      const devices = options.devices ?? serverDevices(server, argv, wholeLog(process.logFile));
      const { gpus } = server;
      return {
        ...(gpus !== undefined && { devices: gpus.map((gpu) => `GPU ${gpu}`) }),
        gpus,
        deviceCount: devices > 1 ? devices : undefined,
        serverCommand: withoutSecrets(argv).join(' '),
      };
    },
    /** A pass that broke because the server ended says so, with the end of its log. */
    async explain(error) {
      const end = error instanceof ServerError ? await process.endWithin(exitMs) : undefined;
      return end === undefined ? error : startFailure(process, name, `${end} in the middle of a pass`, origin);
    },
    close: () => process[Symbol.asyncDispose](),
  };
}
