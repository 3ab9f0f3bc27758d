import { quantities } from './quantities.ts';

/** Longest times that a request may take to count as good, in milliseconds; those given must all be kept. */
export interface GoodputLimits {
  /** To the first token. */
  readonly ttft?: number;
  /** From token to token, after the first. */
  readonly tpot?: number;
  /** End to end. */
  readonly e2el?: number;
}

/** Times of a request under load, in the names of vLLM's benchmark. */
export type LoadTime = keyof GoodputLimits;

const limitNames = ['ttft', 'tpot', 'e2el'] as const satisfies readonly LoadTime[];

/**
 * Reads `ttft:500ms,tpot:50ms`, in the names of vLLM's benchmark; a number without unit is milliseconds, as there.
 *
 * @returns undefined where it is no such list
 */
export function parseGoodput(text: string): GoodputLimits | undefined {
  const limits: Record<string, number> = {};
  for (const part of text.split(/[,\s]+/)) {
    const [, name = '', time = ''] = /^(\w+):(.+)$/.exec(part) ?? [];
    const milliseconds = quantities.time.parse(time) ?? 0;
    if (!limitNames.some((known) => known === name) || name in limits || milliseconds === 0) return undefined;
    limits[name] = milliseconds;
  }
  return limits;
}

/** What a throughput pass under load was asked for, and how many requests kept the limits. */
export interface LoadRecord {
  /** Requests per second that were offered, as a Poisson process; absent for a closed loop. */
  readonly requestRate: number | undefined;
  readonly limits: GoodputLimits | undefined;
  /** Answered within all limits; absent without limits. */
  readonly good: number | undefined;
  /** Of how many that were asked, failed and retried ones included. */
  readonly asked: number;
}

/** What one client process did while a pass ran. */
export interface ClientProcessWindow {
  readonly cpuMs: number;
  /** 99th percentile of its event-loop delay. */
  readonly eventLoopDelayP99Ms: number;
}

/** Client processes, where perbench's own isn't enough. */
export interface ClientProcesses {
  readonly processIds: readonly number[];
  /** Starts to watch them all. */
  watch(): { stop(): Promise<readonly ClientProcessWindow[]> };
}

/** What perbench itself did as the client of a server while a pass ran. */
export interface ClientWindow {
  /** CPU of all its processes, in cores. */
  readonly cpuCores: number;
  /** Processes that asked, beside the one that hands out the work; absent where that one asked by itself. */
  readonly processes: number | undefined;
  /** CPU of the busiest process, in cores; absent where there is one alone. */
  readonly busiestCpuCores: number | undefined;
  /** 99th percentile of the event-loop delay, of the process that was latest. */
  readonly eventLoopDelayP99Ms: number;
  /** Median of the requests' times from sent to answered. */
  readonly latencyP50Ms: number;
  /** Sum of the requests' times over the time of the pass (Little's law). */
  readonly achievedConcurrency: number;
  /** Exchanges over HTTP: several for an item whose answers are scored, and one for each try. */
  readonly requestsPerSecond: number;
  /** Tokens that were read as they came; absent where answers came as a whole. */
  readonly streamedTokensPerSecond: number | undefined;
  /** Requests that were asked again after failures that could pass. */
  readonly retriedRequests: number;
}

/** What this client can do on this machine with this many processes, against a server that does no work. */
export interface ClientCeiling {
  readonly requestsPerSecond: number;
  readonly streamedTokensPerSecond: number;
}
