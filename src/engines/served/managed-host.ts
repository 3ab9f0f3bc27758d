import { UnsupportedError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import type { MemoryReading } from '../../core/memory.ts';
import { type GpuPrograms, readDeviceMemory } from '../../meters/devices/gpu-tools.ts';
import { readProcessMemory, resetMemoryPeak, readProcessTree } from '../../meters/processes.ts';
import { askServer } from './ask-server.ts';
import { hostMemoryDoubt, machineHasGpu } from './local-host.ts';
import type { MetricsScraper } from './metrics-scraper.ts';
import type { ServerHost } from './served-model.ts';
import { wholeLog, type ServerProcess } from './server-process.ts';
import {
  type ServerMemoryReport,
  llamaServerMemory,
  ollamaMemory,
  sglangMemory,
  vllmMemory,
} from './server-reports.ts';
import { startFailure } from './start-server.ts';

/** What is known of a server's memory when a reading is made. */
export interface ServerMemoryState {
  readonly report: ServerMemoryReport;
  /** Highest share of the pool in use since the last reset. */
  readonly kvUsageMax: number | undefined;
  /** Most that its processes take on one GPU now, by the vendor's tool. */
  readonly deviceBytes: number | undefined;
  /** Resident memory of its processes on the host. */
  readonly resident: { readonly nowBytes: number; readonly peakBytes: number } | undefined;
  readonly isPeakReset: boolean;
  /** Why resident memory may not be the model's, where the server doesn't say that the model is on the host. */
  readonly hostDoubt?: string | undefined;
}

function sentence(parts: readonly (string | undefined)[]): string | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.join('; ');
}

/** Weights, the part of the pool that was in use, and what else the processes hold. The rest of the pool is no need. */
function onDevice({ report, kvUsageMax, deviceBytes, isPeakReset }: ServerMemoryState): MemoryReading | undefined {
  const { weightsBytes, poolBytes, isPoolNeeded = false, computeBytes = 0, place } = report;
  if (weightsBytes === undefined) {
    const bytes = deviceBytes ?? report.deviceBytes;
    if (bytes === undefined) return undefined;
    const doubt =
      deviceBytes === undefined
        ? 'the server does not split its memory, and the GPU tool shows none of its processes: all that it says it took on GPUs counts'
        : 'the server does not split its memory: all that it took on the GPU counts';
    return { nowBytes: bytes, peakBytes: bytes, isPeakReset, split: undefined, reservedBytes: undefined, doubt };
  }
  const usedShare = isPoolNeeded ? 1 : kvUsageMax;
  const kvBytes = (poolBytes ?? 0) * (usedShare ?? 1);
  const overheadBytes =
    deviceBytes === undefined ? 0 : Math.max(0, deviceBytes - weightsBytes - (poolBytes ?? 0) - computeBytes);
  const doubt = sentence([
    deviceBytes === undefined ? "what its processes take beside weights and cache isn't known" : undefined,
    poolBytes === undefined ? 'the server does not tell the size of its key-value cache' : undefined,
    poolBytes !== undefined && usedShare === undefined
      ? 'the server does not tell how much of its key-value cache was in use: all of it counts'
      : undefined,
    place === 'both' ? 'a part of the model is on the host, and is not counted' : undefined,
  ]);
  const peakBytes = weightsBytes + kvBytes + computeBytes + overheadBytes;
  return {
    nowBytes: peakBytes,
    peakBytes,
    isPeakReset: true,
    split: { weightsBytes, kvBytes, computeBytes, overheadBytes },
    reservedBytes: isPoolNeeded ? undefined : poolBytes,
    doubt,
  };
}

/** Resident memory, split by the buffers that the server named: as the llama engine counts. */
function onHost({ report, resident, isPeakReset, hostDoubt }: ServerMemoryState): MemoryReading | undefined {
  if (resident === undefined) return undefined;
  const { weightsBytes, poolBytes: kvBytes = 0, computeBytes = 0, place } = report;
  const doubt = place === 'host' ? undefined : hostDoubt;
  const reading = { ...resident, isPeakReset, reservedBytes: undefined, doubt };
  if (weightsBytes === undefined) return { ...reading, split: undefined };
  const overheadBytes = Math.max(0, resident.peakBytes - weightsBytes - kvBytes - computeBytes);
  return { ...reading, split: { weightsBytes, kvBytes, computeBytes, overheadBytes } };
}

/** What a server's memory comes to; undefined where nothing tells. */
export function readServerMemory(state: ServerMemoryState): MemoryReading | undefined {
  const isOnDevice =
    state.report.place === 'device' ||
    state.report.place === 'both' ||
    (state.report.place === 'unknown' && state.deviceBytes !== undefined);
  return isOnDevice ? onDevice(state) : onHost(state);
}

export interface ManagedHostOptions {
  readonly process: ServerProcess;
  readonly origin: string;
  readonly server: ManagedServer;
  readonly servedName: string;
  readonly apiKey: string | undefined;
  readonly scraper: MetricsScraper;
  readonly tools: GpuPrograms;
}

const answerMs = 5_000;

async function askJson(url: string, apiKey: string | undefined): Promise<unknown> {
  const text = await askServer(url, apiKey, answerMs);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const untold: ServerMemoryReport = {
  weightsBytes: undefined,
  poolBytes: undefined,
  computeBytes: undefined,
  place: 'unknown',
};

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
      if (found === undefined) return untold;
      const { deviceBytes, totalBytes } = found;
      if (deviceBytes === 0) return { ...untold, place: 'host' };
      return { ...untold, deviceBytes, place: deviceBytes < totalBytes ? 'both' : 'device' };
    }
    case 'llama-server':
    case undefined:
      // Many commands end up as one of the two; a log of neither says nothing.
      return firstKnown([llamaServerMemory(wholeLog(process.logFile)), vllmMemory(wholeLog(process.logFile))]);
  }
}

function firstKnown(reports: readonly ServerMemoryReport[]): ServerMemoryReport {
  return reports.find(({ weightsBytes }) => weightsBytes !== undefined) ?? untold;
}

/** The server's process, and those of its own that left its tree; others may end without being missed. */
function rootsOf(process: ServerProcess): readonly number[] {
  const tree = new Set(readProcessTree([process.pid])?.map(({ pid }) => pid));
  return [process.pid, ...process.processIds().filter((pid) => pid !== process.pid && !tree.has(pid))];
}

/** A server that perbench started: its processes, its memory by its own word and the GPU tools', and its end. */
export function createManagedHost(options: ManagedHostOptions): ServerHost {
  const { process, origin, scraper, tools } = options;
  const roots = rootsOf(process);
  const hasGpu = machineHasGpu(tools);
  let isPeakReset = false;
  let report: Promise<ServerMemoryReport> | undefined;

  async function memory(): Promise<MemoryReading> {
    const { end } = process;
    if (end !== undefined) throw startFailure(process, options.servedName, end, origin);
    // Ollama loads a model with its first request, and says how much it takes from then on.
    if (options.server.preset === 'ollama') report = undefined;
    report ??= askReport(options);
    const known = await report;
    const processIds = process.processIds();
    const devices = await readDeviceMemory(processIds, tools);
    const resident = readProcessMemory(processIds);
    const mayBeElsewhere = known.place === 'unknown' && devices === undefined && resident !== undefined;
    const reading = readServerMemory({
      report: known,
      kvUsageMax: scraper.kvUsageMax(),
      deviceBytes: devices === undefined ? undefined : Math.max(...devices.values()),
      resident,
      isPeakReset,
      hostDoubt: mayBeElsewhere
        ? await hostMemoryDoubt({ processIds, residentBytes: resident.peakBytes, weightsBytes: undefined, hasGpu })
        : undefined,
    });
    if (reading !== undefined) return reading;
    throw new UnsupportedError(`${options.servedName}: nothing tells how much memory its server takes`, {
      hint: 'perbench doctor shows whether GPU tools and /proc work here.',
    });
  }

  return {
    processIds: roots,
    memory,
    async resetMemoryPeak() {
      scraper.resetPeak();
      isPeakReset = resetMemoryPeak(process.processIds());
    },
    close: () => process[Symbol.asyncDispose](),
  };
}
