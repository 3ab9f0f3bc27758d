import type { ClientProcessWindow, ClientWindow } from '../core/load.ts';
import type { HostWindow } from '../core/host-window.ts';
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
