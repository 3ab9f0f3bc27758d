import { describe, expect, it } from 'vitest';
import { briefPass } from '../../test/setup/bare-pass.ts';
import { silentServer } from '../../test/setup/server-window.ts';
import type { PassResult } from '../core/cell.ts';
import type { ClientWindow } from '../core/load.ts';
import type { ServerWindow, TimeHistogram } from '../core/meter.ts';
import type { ServerSideRow } from '../core/server-side.ts';
import { serverSideRows } from './server-side.ts';

const histogram = (count: number, meanMs: number, ...edges: readonly (readonly [number, number])[]): TimeHistogram => ({
  count,
  sumMs: count * meanMs,
  buckets: edges.map(([upToMs, upTo]) => ({ upToMs, count: upTo })),
});

const client: ClientWindow = {
  cpuCores: 0.1,
  processes: undefined,
  busiestCpuCores: undefined,
  eventLoopDelayP99Ms: 0,
  latencyP50Ms: 0,
  achievedConcurrency: 4,
  requestsPerSecond: 10,
  streamedTokensPerSecond: undefined,
  retriedRequests: 0,
};

function pass(server: Partial<ServerWindow> | undefined, more: Partial<PassResult> = {}): PassResult {
  const told = server === undefined ? undefined : { ...silentServer, ...server };
  return { ...briefPass, requests: 10, client, server: told, ...more };
}

function rowOf(...passes: readonly PassResult[]): ServerSideRow {
  const [row, ...others] = serverSideRows('m', passes);
  if (row === undefined || others.length > 0) throw new Error(`expected one row, got ${others.length + 1}`);
  return row;
}

const latencies = (firstMs: number, wholeMs: number): PassResult['latencies'] => ({
  endToEndMs: Array.from({ length: 10 }, () => wholeMs),
  timeToFirstTokenMs: Array.from({ length: 10 }, (_, index) => (index === 0 ? null : firstMs)),
  timePerOutputTokenMs: Array.from({ length: 10 }, () => 7),
  outputTokens: [],
});

describe("a server's times", () => {
  it('of several launches are those of all their requests', () => {
    const first = { queue: histogram(10, 20, [10, 0], [50, 10]) };
    const second = { queue: histogram(30, 40, [10, 30], [50, 30]) };
    const { times, launches, requests } = rowOf(pass({ times: first }), pass({ times: second }, { launch: 1 }));
    expect({ launches, requests }).toEqual({ launches: 2, requests: 20 });
    expect(times.queue).toMatchObject({ count: 40, meanMs: 35 });
    // 30 of 40 are below 10 ms: the 38th is the 8th of 10 in the next bucket.
    expect(times.queue?.p95).toEqual({ valueMs: 42, lowMs: 10, highMs: 50 });
    expect(times.queue?.p50).toMatchObject({ lowMs: 0, highMs: 10 });
  });

  it('have no percentiles where launches counted in other buckets, and no upper end beyond the last', () => {
    const other = rowOf(
      pass({ times: { decode: histogram(1, 5, [10, 1]) } }),
      pass({ times: { decode: histogram(1, 7, [20, 1]) } }),
    );
    expect(other.times.decode).toEqual({ count: 2, meanMs: 6, p50: undefined, p95: undefined, p99: undefined });
    const beyond = rowOf(pass({ times: { decode: histogram(10, 90, [50, 1]) } }));
    expect(beyond.times.decode?.p95).toEqual({ valueMs: 50, lowMs: 50, highMs: undefined });
  });

  it("stand beside the client's", () => {
    const times = { timeToFirstToken: histogram(10, 96), endToEnd: histogram(10, 196) };
    const row = rowOf(pass({ times }, { pass: 'latency', latencies: latencies(100, 200) }));
    expect(row.clientMeanMs).toEqual({ timeToFirstToken: 100, interToken: 7, endToEnd: 200 });
    expect(row.outside).toBeUndefined();
  });

  it('leave the rest of what the client waited outside the server', () => {
    const times = { timeToFirstToken: histogram(10, 60), endToEnd: histogram(10, 150) };
    const row = rowOf(pass({ times }, { pass: 'latency', latencies: latencies(100, 200) }));
    expect(row.outside).toEqual({ time: 'timeToFirstToken', clientMs: 100, serverMs: 60 });
    // Without streams, of whole requests: 4 in flight for 1000 ms, and 10 answers.
    const whole = rowOf(pass({ times: { endToEnd: histogram(10, 250) } }));
    expect(whole.clientMeanMs).toEqual({ endToEnd: 400 });
    expect(whole.outside).toEqual({ time: 'endToEnd', clientMs: 400, serverMs: 250 });
    // A few milliseconds are any network's.
    const near = { endToEnd: histogram(10, 6) };
    expect(rowOf(pass({ times: near }, { latencies: latencies(3, 10) })).outside).toBeUndefined();
  });

  it("are not set against the client's where they are of other requests", () => {
    const row = rowOf(pass({ times: { endToEnd: histogram(40, 250) } }));
    expect(row.clientMeanMs).toEqual({});
    expect(row.outside).toBeUndefined();
    expect(row.gaps).toEqual([expect.stringMatching(/^the server counted 40 requests for 10 answers/)]);
    expect(rowOf(pass({ times: { endToEnd: histogram(11, 390) } })).gaps).toEqual([]);
    // A server that counts none: several exchanges of the client's for an answer.
    const several = { ...client, requestsPerSecond: 50 };
    expect(rowOf(pass({ promptMs: 5, promptTokens: 10 }, { client: several })).clientMeanMs).toEqual({});
    expect(rowOf(pass({ promptMs: 5, promptTokens: 10 })).clientMeanMs).toEqual({ endToEnd: 400 });
  });
});

describe("a server's counts", () => {
  it('add up over launches, and peaks are the highest', () => {
    const row = rowOf(
      pass({ preemptions: 2, waitingMax: 3, kvUsageMax: 0.5, cacheHits: 10, cacheQueries: 100 }),
      pass({ preemptions: 1, waitingMax: 9, cacheHits: 20, cacheQueries: 100 }),
    );
    expect(row).toMatchObject({ preemptions: 3, waitingMax: 9, kvUsageMax: 0.5, cacheHitShare: 0.15 });
    expect(row.runningMax).toBeUndefined();
  });

  it('give the speed of llama-server, and the acceptance of drafts', () => {
    const row = rowOf(
      pass({ promptTokens: 500, promptMs: 250, outputTokens: 30, decodeMs: 600 }),
      pass({ draftedTokens: 40, acceptedTokens: 30, drafts: 10 }),
    );
    expect(row).toMatchObject({ promptTokensPerSecond: 2000, outputTokensPerSecond: 50, acceptance: 0.75 });
    expect(row.tokensPerDraft).toBe(4);
    expect(rowOf(pass({ acceptance: 0.5 }), pass({ acceptance: 0.7 })).acceptance).toBeCloseTo(0.6);
  });

  it('are unknown, with the reason, where the server does not tell', () => {
    const reason = 'the server was started again meanwhile, and began to count anew';
    const row = rowOf(pass({ gap: reason, runningMax: 4 }), pass({ gap: reason }));
    expect(row).toMatchObject({ gaps: [reason], times: {}, preemptions: undefined, runningMax: 4 });
  });
});

it('rows are those of the passes that measure time, else of the accuracy pass; of no server there are none', () => {
  const all = (['accuracy', 'throughput', 'latency'] as const).map((name) => pass({}, { pass: name }));
  expect(serverSideRows('m', all).map((row) => row.pass)).toEqual(['throughput', 'latency']);
  expect(serverSideRows('m', all.slice(0, 1)).map((row) => row.pass)).toEqual(['accuracy']);
  expect(serverSideRows('m', [pass(undefined)])).toEqual([]);
});
