import { request } from 'undici';
import { UnsupportedError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import type { MemoryReading } from '../../core/memory.ts';
import type { GpuPrograms } from '../../meters/devices/ask-tool.ts';
import { readDeviceMemory } from '../../meters/devices/process-device-memory.ts';
import { readProcessTree } from '../../meters/process-tree.ts';
import { readProcessMemory, resetMemoryPeak } from '../../meters/process-memory.ts';
import { hostMemoryDoubt, machineHasGpu } from '../openai/host-memory-doubt.ts';
import type { ServerHost } from '../openai/served-model.ts';
import { llamaServerMemory, ollamaMemory, type ServerMemoryReport, sglangMemory, vllmMemory } from './memory-report.ts';
import type { MetricsScraper } from './metrics-scraper.ts';
import { keyHeaders } from './server-key.ts';
import { wholeLog } from './server-log.ts';
import { readServerMemory } from './server-memory.ts';
import type { ServerProcess } from './server-process.ts';
import { startFailure } from './wait-until-ready.ts';

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
  try {
    const { statusCode, body } = await request(url, {
      headers: keyHeaders(apiKey),
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
    if (statusCode !== 200) {
      await body.dump();
      return undefined;
    }
    return await body.json();
  } catch (error) {
    // What a server doesn't tell is unknown, not an error.
    if (error instanceof Error) return undefined;
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
