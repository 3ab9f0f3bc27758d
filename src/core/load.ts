/** Longest times that a request may take to count as good, in milliseconds; those given must all be kept. */
export interface GoodputLimits {
  /** To the first token. */
  readonly ttft?: number;
  /** From token to token, after the first. */
  readonly tpot?: number;
  /** End to end. */
  readonly e2el?: number;
}

const limitNames = ['ttft', 'tpot', 'e2el'] as const;

/**
 * Reads `ttft:500ms,tpot:50ms`, in the names of vLLM's benchmark; a number without unit is milliseconds, as there.
 *
 * @returns undefined where it is no such list
 */
export function parseGoodput(text: string): GoodputLimits | undefined {
  const limits: Record<string, number> = {};
  for (const part of text.split(/[,\s]+/)) {
    const [, name = '', number = '', unit = 'ms'] = /^(\w+):(\d+(?:\.\d+)?)(ms|s)?$/.exec(part) ?? [];
    if (!limitNames.some((known) => known === name) || name in limits || !(Number(number) > 0)) return undefined;
    limits[name] = Number(number) * (unit === 's' ? 1000 : 1);
  }
  return limits;
}

/** What a throughput pass under load was asked for, and how many requests kept the limits. */
export interface LoadRecord {
  /** Requests per second that were offered, as a Poisson process; absent for a closed loop. */
  readonly requestRate?: number;
  readonly limits?: GoodputLimits;
  /** Answered within all limits; absent without limits. */
  readonly good?: number;
  /** Of how many that were asked, failed and retried ones included. */
  readonly asked: number;
  /** Time over which they were asked. */
  readonly durationMs: number;
}

/** What perbench itself did as the client of a server while a pass ran. */
export interface ClientWindow {
  /** CPU of this process, in cores. */
  readonly cpuCores: number;
  /** 99th percentile of this process's event-loop delay. */
  readonly eventLoopDelayP99Ms: number;
  /** Median of the requests' times from sent to answered. */
  readonly latencyP50Ms: number;
  /** Sum of the requests' times over the time of the pass (Little's law). */
  readonly achievedConcurrency: number;
  readonly requestsPerSecond: number;
  /** Requests that were asked again after failures that could pass. */
  readonly retriedRequests: number;
}

/** What this client can do on this machine, against a server without work. */
export interface ClientCeiling {
  readonly requestsPerSecond: number;
  readonly streamedTokensPerSecond: number;
}
