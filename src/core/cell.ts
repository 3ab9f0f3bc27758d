import type { HostWindow, ServerWindow, MemoryReading } from './meter.ts';
import type { ClientWindow, LoadRecord } from './load.ts';
import type { Measurement, MetricName, Warning } from './measurement.ts';
import type { ProtocolName } from './suite.ts';

export const passNames = ['accuracy', 'throughput', 'latency', 'memory'] as const;
export type PassName = (typeof passNames)[number];

/** One model on one task under one protocol. */
export interface Cell {
  /** Unique in the store. */
  readonly id: string;
  readonly runId: string;
  readonly model: string;
  readonly taskId: string;
  readonly protocol: ProtocolName;
  /** Position in the run, from 0. */
  readonly position: number;
  readonly state: CellState;
  /** Raised by every claim; writes of an older attempt are refused. */
  readonly attempt: number;
  /** Items planned for the accuracy pass. */
  readonly items: number;
  /** Content key: model, engine build, template, task, data, sampling. Undefined until the first launch. */
  readonly key: string | undefined;
  readonly error: CellError | undefined;
  readonly measurements: CellMeasurements;
}

/** `pending`: not started, or interrupted. `unavailable`: cannot be done here, such as `unsupported`. */
export type CellState = 'pending' | 'running' | 'done' | 'failed' | 'unavailable';

export interface CellError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Shown only to those who ask for more. */
  readonly detail?: string | undefined;
}

export type CellMeasurements = Readonly<Partial<Record<MetricName, Measurement>>> & {
  /** Task metrics beside the headline, such as `acc_norm`, as measurements. */
  readonly extra?: Readonly<Record<string, Measurement>>;
};

/** Raw numbers of one finished pass of one launch; measurements are computed from these. */
export interface PassResult {
  readonly pass: PassName;
  /** From 0. */
  readonly launch: number;
  /** The machine that it was taken on, where several may work on a run. */
  readonly hostname?: string | undefined;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly concurrency: number;
  readonly requests: number;
  readonly failedRequests: number;
  /** Why the first of them failed; absent where none did, and in records of older versions. */
  readonly failure?: string | undefined;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reusedTokens: number;
  /** Tokens that a draft model proposed, and those of them that the model chose itself; absent without a draft model. */
  readonly draftedTokens?: number | undefined;
  readonly acceptedTokens?: number | undefined;
  /** The steady part of a throughput pass; undefined where there was none. */
  readonly window: ThroughputWindow | undefined;
  /** What an item of the whole benchmark costs on average; of throughput passes of engines that count tokens. */
  readonly itemWork?: ItemWork | undefined;
  /** One entry per answered request that wasn't retried, in milliseconds; latency passes, and loads with limits. */
  readonly latencies: LatencyRecord | undefined;
  readonly memory: MemoryReading | undefined;
  /** Why nothing told the memory, in one sentence. */
  readonly memoryUnknown: string | undefined;
  readonly host: HostWindow;
  /** GPUs that the engine used; absent where it is one, or the host. */
  readonly devices: number | undefined;
  /** What perbench did as a client; absent where times aren't taken in its own process. */
  readonly client: ClientWindow | undefined;
  /** Absent in passes without an open loop or limits. */
  readonly load: LoadRecord | undefined;
  /** The engine counts no tokens: figures in tokens are unavailable. */
  readonly hasNoTokenCounts: boolean | undefined;
  /** What the server told of itself meanwhile; absent for engines that have none. */
  readonly server: ServerWindow | undefined;
  /** Display frames drawn meanwhile: the cost of showing. */
  readonly framesDrawn: number;
  /**
   * A window in which others used the CPU is measured again: what they took in those that aren't kept, 0 to 1. Absent
   * where it was measured once.
   */
  readonly busierShares?: readonly number[] | undefined;
  /** Compute threads where others took most of the CPU; absent where all computed throughout. */
  readonly fewestThreads?: number | undefined;
  readonly warnings: readonly Warning[];
}

/** Tokens of an item, on average. For log-likelihoods, prompt tokens are all that were decoded. */
export interface ItemWork {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface ThroughputWindow {
  readonly durationMs: number;
  /**
   * Items answered inside the window. In a closed loop the parts of items at its edges count by their share of time, in an
   * open loop only whole ones.
   */
  readonly items: number;
  /** Counted as items are; absent in passes of older versions. */
  readonly promptTokens?: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  /** Requests in flight on average (Little's law). */
  readonly achievedConcurrency?: number;
  /** Of an open loop. */
  readonly backlog?: Backlog;
}

/** Requests of an open loop that were due and not yet answered. */
export interface Backlog {
  /** Of the window; records of older versions tell that of its middle instead. */
  readonly atStart: number;
  readonly atEnd: number;
  /** Requests that came in between. */
  readonly arrivals: number;
}

export interface LatencyRecord {
  readonly endToEndMs: readonly number[];
  /** Null where an answer came in one piece. */
  readonly timeToFirstTokenMs: readonly (number | null)[];
  /** Null where an answer had one token or none, or came in one piece. */
  readonly timePerOutputTokenMs: readonly (number | null)[];
  readonly outputTokens: readonly number[];
  /** Decoded tokens for log-likelihoods. Absent in records of older versions. */
  readonly promptTokens?: readonly number[];
  /** Of the items that were asked; absent under load and in records of older versions. */
  readonly itemIds?: readonly string[];
  /** How many items of the benchmark each stands for; absent where all count alike. */
  readonly weights?: readonly number[];
}
