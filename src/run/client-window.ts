import type { ClientCeiling, ClientWindow } from '../core/load.ts';
import type { HostWindow } from '../core/host-window.ts';
import type { Warning } from '../core/measurement.ts';
import { thresholds } from '../core/thresholds.ts';
import type { PassRequests } from './pass-tally.ts';

/** Puts together what this process did as a client. */
export function clientWindow(
  { durationsMs, retried }: PassRequests,
  host: HostWindow,
  durationMs: number,
): ClientWindow {
  const sorted = durationsMs.toSorted((left, right) => left - right);
  return {
    cpuCores: host.durationMs > 0 ? host.parentCpuMs / host.durationMs : 0,
    eventLoopDelayP99Ms: host.eventLoopDelayP99Ms,
    latencyP50Ms: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    achievedConcurrency: durationMs > 0 ? sorted.reduce((sum, each) => sum + each, 0) / durationMs : 0,
    requestsPerSecond: durationMs > 0 ? (1000 * sorted.length) / durationMs : 0,
    retriedRequests: retried,
  };
}

export interface ClientQuestion {
  /** Requests that a closed loop kept in flight while all places were busy; undefined for other loads. */
  readonly closedLoop: { readonly asked: number; readonly achieved: number } | undefined;
  readonly ceiling: ClientCeiling | undefined;
}

/** Why a window may show the client's limits instead of the server's; the first reason that holds. */
export function clientWarnings(client: ClientWindow, { closedLoop, ceiling }: ClientQuestion): readonly Warning[] {
  const { cpuCores, eventLoopDelayP99Ms: delayMs, latencyP50Ms, requestsPerSecond } = client;
  const { clientCpu, clientDelay, clientDelayMs, clientConcurrency, clientCeiling } = thresholds;
  const bound = (detail: string): readonly Warning[] => [{ reason: 'client_bound', detail }];
  if (cpuCores > clientCpu) return bound(`perbench took ${(cpuCores * 100).toFixed(0)} % of a core`);
  if (delayMs > clientDelayMs && delayMs > clientDelay * latencyP50Ms) {
    return bound(
      `perbench's event loop was late by ${delayMs.toFixed(1)} ms (p99), requests took ${latencyP50Ms.toFixed(1)} ms (p50)`,
    );
  }
  if (closedLoop !== undefined && closedLoop.achieved < clientConcurrency * closedLoop.asked) {
    return bound(`${closedLoop.achieved.toFixed(1)} of ${closedLoop.asked} requests were in flight on average`);
  }
  if (ceiling !== undefined && requestsPerSecond > clientCeiling * ceiling.requestsPerSecond) {
    return bound(
      `${requestsPerSecond.toFixed(0)} requests/s of the ${ceiling.requestsPerSecond.toFixed(0)} that perbench can ask here`,
    );
  }
  return [];
}
