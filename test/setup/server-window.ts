import type { ServerWindow } from '../../src/core/meter.ts';

/** What a server tells that tells nothing: a test says what it does tell. */
export const silentServer = {
  scrapes: 9,
  failedScrapes: 0,
  durationMs: 4_000,
  runningMax: undefined,
  waitingMax: undefined,
  kvUsageMax: undefined,
  promptTokens: undefined,
  outputTokens: undefined,
  preemptions: undefined,
  cacheQueries: undefined,
  cacheHits: undefined,
} as const satisfies ServerWindow;
