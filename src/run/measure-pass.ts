import type { ClientProcessWindow, ClientWindow, ClientCeiling } from '../core/load.ts';
import type { HostWindow, HostMeter, ServerWindow } from '../core/meter.ts';
import { type PassRequests, createPassTally, type PassLimits, type PassTally } from './pass-tally.ts';
import { nowMs } from '../core/clock.ts';
import type { PassName, PassResult } from '../core/cell.ts';
import { type LoadedModel, uncountedRemark } from '../core/engine.ts';
import { UnsupportedError } from '../core/errors.ts';
import type { PassProgress } from '../core/event.ts';
import type { Task } from '../core/task.ts';
import { thresholds } from '../core/thresholds.ts';
import type { PlannedTask } from './plan.ts';
import { type PassQuestion, passWarnings } from './pass-warnings.ts';

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
    processes: clients?.length,
    busiestCpuCores: clients === undefined ? undefined : cores(Math.max(handedOutMs, ...askedMs)),
    eventLoopDelayP99Ms: host.eventLoopDelayP99Ms,
    latencyP50Ms: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    achievedConcurrency: durationMs > 0 ? sorted.reduce((sum, each) => sum + each, 0) / durationMs : 0,
    requestsPerSecond: perSecond(exchanges),
    streamedTokensPerSecond: streamedTokens === undefined ? undefined : perSecond(streamedTokens),
    retriedRequests: retried,
  };
}

const memoryEveryMs = 2_000;

/** What every measured pass takes. */
export interface MeasureContext {
  readonly model: LoadedModel;
  readonly planned: { readonly task: Pick<Task, 'kind'> };
  readonly meter: HostMeter;
  readonly launch: number;
  readonly concurrency: number;
  readonly framesDrawn: () => number;
  /** What this client can do at most; undefined where it wasn't calibrated. */
  readonly ceiling: ClientCeiling | undefined;
  /** The most that a search for the concurrency tries; undefined where it is given. */
  readonly searchedUpTo: number | undefined;
  readonly onProgress: (pass: PassName, progress: PassProgress) => void;
}

/** What every pass of one cell in one launch shares. */
export interface PassContext extends MeasureContext {
  readonly planned: PlannedTask;
}

/** What a pass adds to what all passes record. */
export type PassFindings = Pick<PassResult, 'window' | 'itemWork' | 'latencies' | 'load' | 'fewestThreads'>;

export const noFindings: PassFindings = { window: undefined, latencies: undefined, load: undefined };

export interface PassPlan extends PassLimits {
  readonly pass: PassName;
  readonly concurrency: number;
  /** Ask the engine for its memory while the pass runs, for the display; never where time is measured. */
  readonly watchMemory?: boolean;
  /** Ask for its peak once the pass is over. */
  readonly readsMemory?: boolean;
  /** Tokens are asked for as they come. */
  readonly isStreamed?: boolean;
}

function watchMemory(model: LoadedModel): { readonly bytes: () => number | undefined; readonly stop: () => void } {
  let latest: number | undefined;
  let isAsking = false;
  const timer = setInterval(() => {
    if (isAsking) return;
    isAsking = true;
    model.memory().then(
      ({ nowBytes }) => {
        latest = nowBytes;
        isAsking = false;
      },
      // The engine is gone: the pass itself will say so.
      () => clearInterval(timer),
    );
  }, memoryEveryMs);
  timer.unref();
  return { bytes: () => latest, stop: () => clearInterval(timer) };
}

const noMemory: Pick<PassResult, 'memory' | 'memoryUnknown'> = { memory: undefined, memoryUnknown: undefined };

/** The engine's memory, where anything tells it. What was measured beside it doesn't depend on it. */
export async function readMemory(model: LoadedModel): Promise<typeof noMemory> {
  if (!model.capabilities.memory) return noMemory;
  try {
    return { ...noMemory, memory: await model.memory() };
  } catch (error) {
    if (error instanceof UnsupportedError) return { ...noMemory, memoryUnknown: error.message };
    throw error;
  }
}

interface WindowRecords {
  readonly host: HostWindow;
  readonly server: ServerWindow | undefined;
  /** Of the processes that asked, where there are several. */
  readonly clients: readonly ClientProcessWindow[] | undefined;
}

interface PassWindows extends AsyncDisposable {
  stop(): Promise<WindowRecords>;
}

/** Starts to watch the machine, and the server where there is one; what is still watched at the end is let go. */
async function openWindows(meter: HostMeter, model: LoadedModel): Promise<PassWindows> {
  const server = await model.watch?.();
  const machine = await meter.start(model.info);
  const asking = model.clients?.watch();
  let stopped: ReturnType<PassWindows['stop']> | undefined;
  const stop: PassWindows['stop'] = async () => {
    stopped ??= (async () => {
      const [host, clients] = [await machine.stop(), await asking?.stop()];
      return { host: withClients(host, clients), server: await server?.stop(), clients };
    })();
    return stopped;
  };
  return {
    stop,
    async [Symbol.asyncDispose]() {
      // What broke the pass is the error to show.
      await stop().catch(() => undefined);
    },
  };
}

/** That a server which counts no tokens counts those of no answer is nothing odd. */
function questionOf(
  { model, planned, ceiling, searchedUpTo }: MeasureContext,
  { pass, limitMs }: PassPlan,
  remarks: ReadonlyMap<string, number>,
  answers: number,
): PassQuestion {
  const countsNone = !model.capabilities.usage && remarks.get(uncountedRemark) === answers;
  return {
    kind: planned.task.kind,
    isDetour: model.capabilities.isLoglikelihoodDetour,
    windowMs: pass === 'throughput' ? limitMs : undefined,
    ceiling,
    searchedUpTo,
    remarks: [...remarks].filter(([remark]) => !countsNone || remark !== uncountedRemark),
  };
}

/** Whether figures in tokens can be had of so many answers. */
function isCounted({ capabilities }: LoadedModel, remarks: ReadonlyMap<string, number>, answers: number): boolean {
  return capabilities.usage && (remarks.get(uncountedRemark) ?? 0) <= thresholds.uncounted * answers;
}

/** Runs one pass between two readings of the host, and puts together what was recorded. */
export async function measurePass(
  context: MeasureContext,
  plan: PassPlan,
  body: (tally: PassTally) => Promise<PassFindings>,
): Promise<PassResult> {
  const { model, meter, launch } = context;
  const memory = plan.watchMemory === true && model.capabilities.memory ? watchMemory(model) : undefined;
  const tally = createPassTally(
    plan,
    (progress) => context.onProgress(plan.pass, progress),
    () => memory?.bytes(),
  );
  const framesBefore = context.framesDrawn();
  await using windows = await openWindows(meter, model);
  const startedAtMs = nowMs();
  try {
    const findings = await body(tally);
    const durationMs = nowMs() - startedAtMs;
    const { done, failed, promptTokens, outputTokens, reusedTokens, draftedTokens, acceptedTokens } = tally.counts;
    const { failure, remarks } = tally.oddities();
    const { host, server, clients } = await windows.stop();
    const peak = plan.readsMemory === true ? await readMemory(model) : noMemory;
    const hasCounts = isCounted(model, remarks, done - failed);
    const streamedTokens = plan.isStreamed === true ? outputTokens : undefined;
    const record: PassResult = {
      ...findings,
      warnings: [],
      ...peak,
      pass: plan.pass,
      launch,
      startedAtMs: Math.round(startedAtMs),
      durationMs,
      concurrency: plan.concurrency,
      requests: done,
      failedRequests: failed,
      failure,
      promptTokens,
      outputTokens,
      reusedTokens,
      ...(model.info.draft !== undefined && { draftedTokens, acceptedTokens }),
      host,
      devices: model.info.deviceCount,
      server,
      client: model.capabilities.isTimedByClient
        ? clientWindow(tally.requests(), host, durationMs, clients, streamedTokens)
        : undefined,
      hasNoTokenCounts: hasCounts ? undefined : true,
      // What is in tokens as well.
      ...(!hasCounts && { itemWork: undefined }),
      framesDrawn: context.framesDrawn() - framesBefore,
    };
    return { ...record, warnings: passWarnings(record, questionOf(context, plan, remarks, done - failed)) };
  } finally {
    memory?.stop();
    tally.report();
  }
}
