import { describe, expect, it } from 'vitest';
import { serverWindowWarnings } from './server-window-warnings.ts';

const window = {
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
};

describe("a server's own metrics", () => {
  it('show that prompts came from its cache', () => {
    const hits = { ...window, cacheHits: 50, cacheQueries: 200 };
    expect(serverWindowWarnings('throughput', hits)).toEqual([
      { reason: 'cache_hits', detail: "by the server's metrics 25 % of the prompt tokens came from its cache" },
    ]);
    expect(serverWindowWarnings('latency', { ...window, cacheHits: 50, promptTokens: 100 })[0]?.detail).toContain(
      '50 %',
    );
    // Where no time is measured it may.
    expect(serverWindowWarnings('accuracy', hits)).toEqual([]);
  });

  it('say nothing where they are not told, or there is none', () => {
    expect(serverWindowWarnings('throughput', { ...window, cacheHits: 1, cacheQueries: 200 })).toEqual([]);
    expect(serverWindowWarnings('throughput', { ...window, cacheHits: 5 })).toEqual([]);
    expect(serverWindowWarnings('throughput', undefined)).toEqual([]);
  });
});
