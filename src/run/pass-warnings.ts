import { percentText } from '../core/amount-text.ts';
import type { Backlog, PassName, PassResult } from '../core/cell.ts';
import type { HostWindow, ServerWindow } from '../core/meter.ts';
import type { ClientCeiling, ClientWindow } from '../core/load.ts';
import type { Warning } from '../core/measurement.ts';
import type { Task } from '../core/task.ts';
import { thresholds } from '../core/thresholds.ts';

/** What a pass was asked, as far as doubts about it depend on that. */
export interface PassQuestion {
  readonly kind: Task['kind'];
  /** Log-likelihoods come by a detour that costs more than the model needs. */
  readonly isDetour: boolean;
  /** Of the throughput pass. */
  readonly windowMs: number | undefined;
  readonly ceiling: ClientCeiling | undefined;
  /** The most that a search for its concurrency tried; undefined where that was given. */
  readonly searchedUpTo: number | undefined;
  /** What is odd about answers, and of how many. */
  readonly remarks?: readonly (readonly [string, number])[];
}

export function passWarnings(record: Omit<PassResult, 'warnings'>, question: PassQuestion): readonly Warning[] {
  const { pass, host, server } = record;
  return [
    ...windowWarnings(record, question.windowMs),
    ...hostWarnings(host),
    ...deviceWarnings(host),
    ...serverWindowWarnings(pass, server),
    // The accuracy pass measures no time, and scores while it asks.
    ...(record.client === undefined || pass === 'accuracy'
      ? []
      : clientWarnings(record.client, clientQuestion(record, question))),
    ...servedWarnings(record, question),
    ...failureWarnings(record),
    ...remarkWarnings(record, question.remarks),
    ...saturationWarnings(record, question.searchedUpTo),
  ];
}

export function windowWarnings(
  { window, load }: Pick<PassResult, 'window' | 'load'>,
  windowMs: number | undefined,
): readonly Warning[] {
  if (windowMs === undefined) return [];
  const short = (detail: string): readonly Warning[] => [{ reason: 'short_window', detail }];
  if (window === undefined) return short('there were too few answers for a steady part');
  const { durationMs, items, concurrency, achievedConcurrency = 0, backlog } = window;
  if (load?.requestRate === undefined) {
    const rounds = items / concurrency;
    if (rounds >= thresholds.rounds) return [];
    return short(`${rounds.toFixed(1)} answers for each of ${concurrency} places; ${thresholds.rounds} are needed`);
  }
  const overload = backlogWarnings(backlog);
  if (overload.length > 0) return overload;
  if (durationMs < windowMs / 2) {
    return short(`the steady part lasted ${(durationMs / 1000).toFixed(1)} s of the requested ${windowMs / 1000} s`);
  }
  const rounds = items / achievedConcurrency;
  if (rounds >= thresholds.openRounds) return [];
  const inFlight = `${achievedConcurrency.toFixed(1)} requests were in flight on average`;
  return short(`${items} answers while ${inFlight}; ${thresholds.openRounds} for each are needed (windowSeconds)`);
}

/** Beyond chance: the number of arrivals in a time varies by about its root. */
function backlogWarnings(backlog: Backlog | undefined): readonly Warning[] {
  if (backlog === undefined) return [];
  const { atStart, atEnd, arrivals } = backlog;
  const added = atEnd - atStart;
  if (added <= thresholds.backlogGrowth * arrivals || added <= 2 * Math.sqrt(arrivals)) return [];
  const detail = `${added} of the ${arrivals} requests of the window were added to the ${atStart} that waited`;
  return [{ reason: 'overloaded', detail }];
}

function hostWarnings({ isKnown, otherShare }: HostWindow): readonly Warning[] {
  if (!isKnown || otherShare <= thresholds.hostBusy) return [];
  const detail = `other processes and steal time took ${percentText(otherShare)} of the CPU`;
  return [{ reason: 'host_busy', detail, share: otherShare }];
}

function failureWarnings({
  requests,
  failedRequests,
  failure,
}: Pick<PassResult, 'requests' | 'failedRequests' | 'failure'>): readonly Warning[] {
  if (failedRequests <= thresholds.failed * requests) return [];
  const first = failure === undefined ? '' : `, the first: ${failure}`;
  return [{ reason: 'errors', detail: `${failedRequests} of ${requests} requests failed${first}` }];
}

function remarkWarnings(
  { requests, failedRequests }: Pick<PassResult, 'requests' | 'failedRequests'>,
  remarks: PassQuestion['remarks'] = [],
): readonly Warning[] {
  if (remarks.length === 0) return [];
  const all = requests - failedRequests;
  return [
    {
      reason: 'odd_answers',
      detail: remarks.map(([remark, count]) => `${count} of ${all} answers ${remark}`).join('; '),
    },
  ];
}

const gibibyte = 2 ** 30;

/** What GPUs did in a window that makes its figures doubtful. Idle GPUs of others don't count. */
export function deviceWarnings({ devices }: Pick<HostWindow, 'devices'>): readonly Warning[] {
  if (devices === undefined) return [];
  const used = devices.devices.filter(({ isEngines }) => isEngines !== false);
  const ids = new Set(used.map(({ id }) => id));
  const throttled = used.filter(({ throttledShare }) => (throttledShare ?? 0) > thresholds.throttled);
  const foreign = devices.foreignProcesses.filter(({ deviceId }) => ids.has(deviceId));
  const warnings: Warning[] = [];
  if (throttled.length > 0) {
    const details = throttled.map(
      ({ id, throttledShare = 0, throttleReasons }) =>
        `${id} in ${percentText(throttledShare)} of the readings (${throttleReasons.join(', ')})`,
    );
    warnings.push({ reason: 'throttled', detail: `clocks were lowered: ${details.join('; ')}` });
  }
  if (foreign.length > 0) {
    const details = foreign.map(({ pid, name, memoryBytes, deviceId }) => {
      const memory = memoryBytes === undefined ? '' : `, ${(memoryBytes / gibibyte).toFixed(1)} GiB`;
      return `${name} (process ${pid}${memory}) on ${deviceId}`;
    });
    warnings.push({ reason: 'foreign_process', detail: `other processes on the GPU: ${details.join('; ')}` });
  }
  return warnings;
}

/** What a server's own metrics say against a pass that measures time; many servers tell cache hits only there. */
export function serverWindowWarnings(pass: PassName, server: ServerWindow | undefined): readonly Warning[] {
  const { cacheHits = 0, cacheQueries, promptTokens } = server ?? {};
  const asked = cacheQueries ?? promptTokens;
  if (pass === 'accuracy' || asked === undefined || asked === 0 || cacheHits <= thresholds.cacheHits * asked) return [];
  return [
    {
      reason: 'cache_hits',
      detail: `according to the server's metrics, ${percentText(cacheHits, 0, asked)} of the prompt tokens came from its cache`,
    },
  ];
}

/** What a pass that measures time must say of how a server answered it. */
function servedWarnings(
  { pass, reusedTokens, promptTokens }: Omit<PassResult, 'warnings'>,
  { kind, isDetour }: PassQuestion,
): readonly Warning[] {
  if (pass === 'accuracy') return [];
  const warnings: Warning[] = [];
  if (kind === 'loglikelihood' && isDetour) {
    const detail =
      'without prompt log-probabilities every token takes a request: this is the time of that workaround, not of the model';
    warnings.push({ reason: 'estimated', detail });
  }
  if (reusedTokens > thresholds.cacheHits * promptTokens) {
    const detail = `${percentText(reusedTokens, 0, promptTokens)} of the prompt tokens came from a cache`;
    warnings.push({ reason: 'cache_hits', detail });
  }
  return warnings;
}

/** Where the search for a concurrency ended at its end, throughput may go on rising. */
export function saturationWarnings(
  { pass, concurrency, load }: Pick<PassResult, 'pass' | 'concurrency' | 'load'>,
  searchedUpTo: number | undefined,
): readonly Warning[] {
  const isSearched = searchedUpTo !== undefined && pass !== 'latency' && load?.requestRate === undefined;
  if (!isSearched || concurrency < searchedUpTo) return [];
  const detail = `throughput was still rising at a concurrency of ${searchedUpTo}, the highest that is tried`;
  return [{ reason: 'unsaturated', detail }];
}

export interface ClientQuestion {
  /** Requests that a closed loop kept in flight while all places were busy; undefined for other loads. */
  readonly closedLoop: { readonly asked: number; readonly achieved: number } | undefined;
  readonly ceiling: ClientCeiling | undefined;
}

function clientQuestion(
  { concurrency, window, load }: Pick<PassResult, 'concurrency' | 'window' | 'load'>,
  { ceiling }: PassQuestion,
): ClientQuestion {
  const achieved = load?.requestRate === undefined ? window?.achievedConcurrency : undefined;
  return { closedLoop: achieved === undefined ? undefined : { asked: concurrency, achieved }, ceiling };
}

/** Why a window may show the client's limits instead of the server's; the first reason that holds. */
export function clientWarnings(client: ClientWindow, { closedLoop, ceiling }: ClientQuestion): readonly Warning[] {
  const { cpuCores, eventLoopDelayP99Ms: delayMs, latencyP50Ms, requestsPerSecond } = client;
  const { clientCpu, clientDelay, clientDelayMs, clientConcurrency, clientCeiling } = thresholds;
  const bound = (detail: string): readonly Warning[] => [{ reason: 'client_bound', detail }];
  const busiest = client.busiestCpuCores ?? cpuCores;
  if (busiest > clientCpu) {
    const who = client.busiestCpuCores === undefined ? 'perbench' : 'the busiest client process';
    return bound(`${who} used ${percentText(busiest)} of a core`);
  }
  if (delayMs > clientDelayMs && delayMs > clientDelay * latencyP50Ms) {
    return bound(
      `perbench's event loop lagged by ${delayMs.toFixed(1)} ms (p99) while requests took ${latencyP50Ms.toFixed(1)} ms (p50)`,
    );
  }
  if (closedLoop !== undefined && closedLoop.achieved < clientConcurrency * closedLoop.asked) {
    return bound(`${closedLoop.achieved.toFixed(1)} of ${closedLoop.asked} requests were in flight on average`);
  }
  if (ceiling !== undefined && requestsPerSecond > clientCeiling * ceiling.requestsPerSecond) {
    return bound(
      `${requestsPerSecond.toFixed(0)} requests/s of the ${ceiling.requestsPerSecond.toFixed(0)} that perbench can send on this machine`,
    );
  }
  const { streamedTokensPerSecond = 0 } = client;
  if (ceiling !== undefined && streamedTokensPerSecond > clientCeiling * ceiling.streamedTokensPerSecond) {
    return bound(
      `${streamedTokensPerSecond.toFixed(0)} streamed tokens/s of the ${ceiling.streamedTokensPerSecond.toFixed(0)} that perbench can read on this machine`,
    );
  }
  return [];
}
