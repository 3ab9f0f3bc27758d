import type { PassName, PassResult } from '../core/cell.ts';
import { type ServerTimeName, serverTimeNames, type ServerWindow, type TimeHistogram } from '../core/meter.ts';
import type { BoundedTime, OutsideTime, ServerSideRow, ServerTime, SharedTimeName } from '../core/server-side.ts';
import { thresholds } from '../core/thresholds.ts';
import { histogramQuantile } from '../stats/histogram-quantile.ts';

type WatchedPass = PassResult & { readonly server: ServerWindow };

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const known = <Value>(values: readonly (Value | undefined)[]): readonly Value[] =>
  values.filter((value) => value !== undefined);

/** Undefined where no pass knows it. */
function joined(
  passes: readonly WatchedPass[],
  read: (server: ServerWindow) => number | undefined,
  join: (numbers: readonly number[]) => number,
): number | undefined {
  const values = known(passes.map(({ server }) => read(server)));
  return values.length === 0 ? undefined : join(values);
}

/** Of those passes that know both. */
function ratio(
  passes: readonly WatchedPass[],
  part: (server: ServerWindow) => number | undefined,
  whole: (server: ServerWindow) => number | undefined,
): number | undefined {
  const both = passes.filter(({ server }) => part(server) !== undefined && whole(server) !== undefined);
  const all = sum(both.map(({ server }) => whole(server) ?? 0));
  return all > 0 ? sum(both.map(({ server }) => part(server) ?? 0)) / all : undefined;
}

function bounded({ buckets, count }: TimeHistogram, p: number): BoundedTime | undefined {
  const found = histogramQuantile(
    buckets.map(({ upToMs, count: upToCount }) => ({ upTo: upToMs, count: upToCount })),
    count,
    p,
  );
  return found && { valueMs: found.value, lowMs: found.low, highMs: found.high };
}

/** Several launches as one. Percentiles need the same buckets in all of them. */
function timeOf(histograms: readonly TimeHistogram[]): ServerTime | undefined {
  const count = sum(histograms.map((each) => each.count));
  if (count === 0) return undefined;
  const sumMs = sum(histograms.map((each) => each.sumMs));
  const edges = new Set(histograms.map(({ buckets }) => buckets.map(({ upToMs }) => upToMs).join()));
  const [first] = histograms;
  const buckets =
    edges.size > 1
      ? []
      : (first?.buckets ?? []).map(({ upToMs }, index) => ({
          upToMs,
          count: sum(histograms.map((each) => each.buckets[index]?.count ?? 0)),
        }));
  const whole = { count, sumMs, buckets };
  return {
    count,
    meanMs: sumMs / count,
    p50: bounded(whole, 0.5),
    p95: bounded(whole, 0.95),
    p99: bounded(whole, 0.99),
  };
}

function timesOf(passes: readonly WatchedPass[]): ServerSideRow['times'] {
  const found = serverTimeNames.flatMap((name): [ServerTimeName, ServerTime][] => {
    const time = timeOf(known(passes.map(({ server }) => server.times?.[name])));
    return time === undefined ? [] : [[name, time]];
  });
  return Object.fromEntries(found);
}

function meanOf(values: readonly (number | null)[]): number | undefined {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? undefined : sum(numbers) / numbers.length;
}

/** Of a pass that keeps no time of each request, the mean end to end follows from the requests in flight (Little's law). */
function endToEndMs(passes: readonly WatchedPass[]): number | undefined {
  const timed = passes.flatMap(({ latencies, client, durationMs, requests, failedRequests }) => {
    if (latencies !== undefined) return [[sum(latencies.endToEndMs), latencies.endToEndMs.length] as const];
    if (client === undefined) return [];
    return [[client.achievedConcurrency * durationMs, requests - failedRequests - client.retriedRequests] as const];
  });
  const count = sum(timed.map(([, each]) => each));
  return count > 0 ? sum(timed.map(([total]) => total)) / count : undefined;
}

/**
 * What the client measured of the same requests; nothing where the server counted others, as with other clients, or several
 * requests to an answer.
 */
function clientTimes(passes: readonly WatchedPass[], requests: number, times: ServerSideRow['times']): ClientTimes {
  const counted = times.endToEnd?.count ?? times.timeToFirstToken?.count ?? exchangesOf(passes);
  if (Math.abs(counted - requests) > thresholds.otherRequests * requests) return {};
  const all = (name: 'timeToFirstTokenMs' | 'timePerOutputTokenMs'): readonly (number | null)[] =>
    passes.flatMap(({ latencies }) => latencies?.[name] ?? []);
  const means: Partial<Record<SharedTimeName, number | undefined>> = {
    timeToFirstToken: meanOf(all('timeToFirstTokenMs')),
    interToken: meanOf(all('timePerOutputTokenMs')),
    endToEnd: endToEndMs(passes),
  };
  return Object.fromEntries(Object.entries(means).filter(([, mean]) => mean !== undefined));
}

type ClientTimes = ServerSideRow['clientMeanMs'];

/** Of a server that counts no requests, those that perbench sent. */
function exchangesOf(passes: readonly WatchedPass[]): number {
  return sum(passes.map(({ client, durationMs }) => ((client?.requestsPerSecond ?? 0) * durationMs) / 1000));
}

/** The first of the times of which much passed outside the server. */
function outsideOf(times: ServerSideRow['times'], client: ClientTimes): OutsideTime | undefined {
  const names = ['timeToFirstToken', 'endToEnd'] as const;
  return names
    .map((time) => ({ time, clientMs: client[time], serverMs: times[time]?.meanMs }))
    .find((each): each is OutsideTime => {
      const { clientMs, serverMs } = each;
      if (clientMs === undefined || serverMs === undefined) return false;
      return clientMs - serverMs > Math.max(thresholds.outsideServer * clientMs, thresholds.outsideServerMs);
    });
}

function gapsOf(passes: readonly WatchedPass[], times: ServerSideRow['times'], requests: number): readonly string[] {
  const counted = times.endToEnd?.count;
  const isOther = counted !== undefined && counted - requests > thresholds.otherRequests * requests;
  const others = `the server counted ${counted} requests for ${requests} answers (of other clients, or several to an answer), so the client's times are not shown beside`;
  return [...new Set([...known(passes.map(({ server }) => server.gap)), ...(isOther ? [others] : [])])];
}

function serverSideRow(model: string, pass: PassName, passes: readonly WatchedPass[]): ServerSideRow {
  const requests = sum(passes.map((each) => each.requests - each.failedRequests));
  const times = timesOf(passes);
  const clientMeanMs = clientTimes(passes, requests, times);
  const perSecond = (perMs: number | undefined): number | undefined => (perMs === undefined ? undefined : 1000 * perMs);
  const perDraft = ratio(
    passes,
    (server) => server.acceptedTokens,
    (server) => server.drafts,
  );
  const most = (numbers: readonly number[]): number => Math.max(...numbers);
  return {
    model,
    pass,
    launches: passes.length,
    requests,
    times,
    clientMeanMs,
    outside: outsideOf(times, clientMeanMs),
    promptTokensPerSecond: perSecond(
      ratio(
        passes,
        (each) => each.promptTokens,
        (each) => each.promptMs,
      ),
    ),
    outputTokensPerSecond: perSecond(
      ratio(
        passes,
        (each) => each.outputTokens,
        (each) => each.decodeMs,
      ),
    ),
    runningMax: joined(passes, (each) => each.runningMax, most),
    waitingMax: joined(passes, (each) => each.waitingMax, most),
    kvUsageMax: joined(passes, (each) => each.kvUsageMax, most),
    preemptions: joined(passes, (each) => each.preemptions, sum),
    cacheHitShare: ratio(
      passes,
      (each) => each.cacheHits,
      (each) => each.cacheQueries,
    ),
    acceptance:
      ratio(
        passes,
        (each) => each.acceptedTokens,
        (each) => each.draftedTokens,
      ) ??
      joined(
        passes,
        (each) => each.acceptance,
        (all) => sum(all) / all.length,
      ),
    tokensPerDraft: perDraft === undefined ? undefined : 1 + perDraft,
    gaps: gapsOf(passes, times, requests),
  };
}

/**
 * What a model's server told in the passes that measure time, or where there are none in the accuracy pass; one row for each
 * kind of pass.
 *
 * @returns nothing of engines that aren't servers
 */
export function serverSideRows(model: string, passes: readonly PassResult[]): readonly ServerSideRow[] {
  const watched = passes.filter((pass): pass is WatchedPass => pass.server !== undefined);
  const timed = watched.filter(({ pass }) => pass === 'throughput' || pass === 'latency');
  const byName = Map.groupBy(timed.length > 0 ? timed : watched, ({ pass }) => pass);
  return [...byName].map(([pass, own]) => serverSideRow(model, pass, own));
}
