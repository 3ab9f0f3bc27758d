import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LoadedModel, ModelInfo } from '../core/engine.ts';
import type { MemoryReading, HostWindow } from '../core/meter.ts';
import { UnsupportedError } from '../core/errors.ts';
import { measurePass, noFindings, type PassContext, readMemory, clientWindow, withClients } from './measure-pass.ts';
import { quietHost } from '../../test/setup/quiet-host.ts';
import { clientWarnings } from './pass-warnings.ts';

const watchedHost: HostWindow = { ...quietHost, durationMs: 1, cores: 1 };
const server = { scrapes: 3, failedScrapes: 0, durationMs: 1 };

/** A context whose watchers count how often they were stopped. */
function watched(info: Partial<ModelInfo> = {}): { readonly context: PassContext; readonly stops: string[] } {
  const stops: string[] = [];
  const stopping = <Value>(name: string, value: Value) => ({
    stop: async () => {
      stops.push(name);
      return value;
    },
  });
  const model = {
    info: { processIds: [1], ...info },
    capabilities: { memory: true },
    watch: () => stopping('server', server),
  } as unknown as LoadedModel;
  const context = {
    model,
    planned: { task: { kind: 'generate' } },
    meter: { start: async () => stopping('machine', watchedHost) },
    launch: 0,
    concurrency: 1,
    framesDrawn: () => 0,
    onProgress: () => undefined,
  } as unknown as PassContext;
  return { context, stops };
}

const plan = { pass: 'throughput', concurrency: 1, total: undefined, limitMs: 1 } as const;

describe('a pass', () => {
  it('keeps what machine, server and GPUs were meanwhile', async () => {
    const { context, stops } = watched({ deviceCount: 4 });
    const window = { durationMs: 1, items: 3, outputTokens: 1, concurrency: 1 };
    const result = await measurePass(context, plan, async () => ({ ...noFindings, window }));
    expect(result).toMatchObject({ host: watchedHost, server, devices: 4, warnings: [] });
    expect(stops).toEqual(['machine', 'server']);
  });

  it('does not take the reading of memory for time of its own', async () => {
    const { context, stops } = watched();
    let tookMs = 0;
    const memory = async (): Promise<MemoryReading> => {
      stops.push('memory');
      const startedMs = performance.now();
      await sleep(50);
      tookMs = performance.now() - startedMs;
      return {
        nowBytes: 1,
        peakBytes: 2,
        isPeakReset: true,
        split: undefined,
        reservedBytes: undefined,
        doubt: undefined,
      };
    };
    Object.assign(context.model, { memory });
    const startedMs = performance.now();
    const result = await measurePass(context, { ...plan, readsMemory: true }, async () => noFindings);
    const allMs = performance.now() - startedMs;
    expect(result.memory).toMatchObject({ peakBytes: 2 });
    // However slow this machine is: the two lie one after the other within the whole.
    expect(result.durationMs + tookMs).toBeLessThanOrEqual(allMs);
    expect(stops).toEqual(['machine', 'server', 'memory']);
  });

  it('does not fail where nothing tells the memory, and says why', async () => {
    const memory = async (): Promise<never> => Promise.reject(new UnsupportedError('nothing tells it'));
    const model = { capabilities: { memory: true }, memory } as unknown as LoadedModel;
    expect(await readMemory(model)).toEqual({ memoryUnknown: 'nothing tells it' });
    const gone = async (): Promise<never> => Promise.reject(new Error('gone'));
    await expect(readMemory({ ...model, memory: gone })).rejects.toThrow('gone');
  });

  it('that breaks leaves nothing watched', async () => {
    const { context, stops } = watched();
    const broken = measurePass(context, plan, async () => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(stops).toEqual(['machine', 'server']);
  });
});

it("counts what was in flight by Little's law", () => {
  const host = { ...quietHost, parentCpuMs: 250, eventLoopDelayP99Ms: 2 };
  expect(clientWindow({ durationsMs: [500, 400, 600], retried: 1, exchanges: 27 }, host, 1000)).toEqual({
    cpuCores: 0.25,
    eventLoopDelayP99Ms: 2,
    latencyP50Ms: 500,
    achievedConcurrency: 1.5,
    requestsPerSecond: 27,
    retriedRequests: 1,
  });
});

it('counts several client processes as perbench, and judges the busiest', () => {
  const host = { ...quietHost, durationMs: 1000, cores: 4, parentCpuMs: 100, otherCpuMs: 1200, eventLoopDelayP99Ms: 1 };
  const clients = [
    { cpuMs: 600, eventLoopDelayP99Ms: 3 },
    { cpuMs: 500, eventLoopDelayP99Ms: 2 },
  ];
  const whole = withClients(host, clients);
  expect(whole).toMatchObject({ parentCpuMs: 1200, otherCpuMs: 100, otherShare: 0.025, eventLoopDelayP99Ms: 3 });
  const client = clientWindow({ durationsMs: [500], retried: 0, exchanges: 1 }, whole, 1000, clients, 300);
  expect(client).toMatchObject({ cpuCores: 1.2, processes: 2, busiestCpuCores: 0.6, eventLoopDelayP99Ms: 3 });
  expect(client).toMatchObject({ requestsPerSecond: 1, streamedTokensPerSecond: 300 });
  // More than one core in all is no trouble where no process has a whole one.
  expect(clientWarnings({ ...client, latencyP50Ms: 500 }, { closedLoop: undefined, ceiling: undefined })).toEqual([]);
  expect(withClients(host, undefined)).toBe(host);
});
