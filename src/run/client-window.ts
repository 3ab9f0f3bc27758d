import { percentText } from '../core/amount-text.ts';
import type { ClientCeiling, ClientProcessWindow, ClientWindow } from '../core/load.ts';
import type { HostWindow } from '../core/host-window.ts';
import type { Warning } from '../core/measurement.ts';
import { thresholds } from '../core/thresholds.ts';
import type { PassRequests } from './pass-tally.ts';

/** Counts processes that asked in perbench's name as perbench, not as others that disturbed it. */
export function withClients(host: HostWindow, clients: readonly ClientProcessWindow[] | undefined): HostWindow {
  if (clients === undefined) return host;
  const cpuMs = clients.reduce((sum, each) => sum + each.cpuMs, 0);
  const otherCpuMs = Math.max(0, host.otherCpuMs - cpuMs);
  const capacityMs = host.durationMs * host.cores;
  return {
    ...host,
    parentCpuMs: host.parentCpuMs + cpuMs,
    otherCpuMs,
    otherShare: capacityMs > 0 ? otherCpuMs / capacityMs : 0,
    eventLoopDelayP99Ms: Math.max(host.eventLoopDelayP99Ms, ...clients.map((each) => each.eventLoopDelayP99Ms)),
  };
}

/**
 * Puts together what perbench did as a client.
 *
 * @param host with the CPU of all clients in it
 * @param streamedTokens of a pass that streams
 */
export function clientWindow(
  { durationsMs, retried, exchanges }: PassRequests,
  host: HostWindow,
  durationMs: number,
  clients?: readonly ClientProcessWindow[],
  streamedTokens?: number,
): ClientWindow {
  const perSecond = (count: number): number => (durationMs > 0 ? (1000 * count) / durationMs : 0);
  const cores = (cpuMs: number): number => (host.durationMs > 0 ? cpuMs / host.durationMs : 0);
  const askedMs = clients?.map(({ cpuMs }) => cpuMs) ?? [];
  const handedOutMs = host.parentCpuMs - askedMs.reduce((sum, each) => sum + each, 0);
  const sorted = durationsMs.toSorted((left, right) => left - right);
  return {
    cpuCores: cores(host.parentCpuMs),
    ...(clients !== undefined && {
      processes: clients.length,
      busiestCpuCores: cores(Math.max(handedOutMs, ...askedMs)),
    }),
    eventLoopDelayP99Ms: host.eventLoopDelayP99Ms,
    latencyP50Ms: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    achievedConcurrency: durationMs > 0 ? sorted.reduce((sum, each) => sum + each, 0) / durationMs : 0,
    requestsPerSecond: perSecond(exchanges),
    ...(streamedTokens !== undefined && { streamedTokensPerSecond: perSecond(streamedTokens) }),
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
  const busiest = client.busiestCpuCores ?? cpuCores;
  if (busiest > clientCpu) {
    const who = client.busiestCpuCores === undefined ? 'perbench' : 'the busiest process of perbench';
    return bound(`${who} took ${percentText(busiest)} of a core`);
  }
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
  const { streamedTokensPerSecond = 0 } = client;
  if (ceiling !== undefined && streamedTokensPerSecond > clientCeiling * ceiling.streamedTokensPerSecond) {
    return bound(
      `${streamedTokensPerSecond.toFixed(0)} streamed tokens/s of the ${ceiling.streamedTokensPerSecond.toFixed(0)} that perbench can read here`,
    );
  }
  return [];
}
