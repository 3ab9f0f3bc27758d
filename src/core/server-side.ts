import type { PassName } from './cell.ts';
import type { ServerTimeName } from './meter.ts';
import type { ProtocolName } from './suite.ts';

/** A percentile of times that were counted in buckets: surely between both ends. */
export interface BoundedTime {
  /** As Prometheus' `histogram_quantile` interpolates it between them. */
  readonly valueMs: number;
  readonly lowMs: number;
  /** Undefined: the server has no bucket that ends there. */
  readonly highMs: number | undefined;
}

/** A time of requests by the server's own clock. */
export interface ServerTime {
  /** Requests; of `interToken`, tokens. */
  readonly count: number;
  readonly meanMs: number;
  /** Undefined where the edges of buckets changed from launch to launch. */
  readonly p50: BoundedTime | undefined;
  readonly p95: BoundedTime | undefined;
  readonly p99: BoundedTime | undefined;
}

/** Times that the client takes as well. */
export type SharedTimeName = Extract<ServerTimeName, 'timeToFirstToken' | 'interToken' | 'endToEnd'>;

/** What a server told of itself in the passes of one kind, of one model on one task; all launches together. */
export interface ServerSideRow {
  readonly model: string;
  readonly pass: PassName;
  readonly launches: number;
  /** That perbench sent and the server answered. */
  readonly requests: number;
  readonly times: Readonly<Partial<Record<ServerTimeName, ServerTime>>>;
  /** Means of the same requests as the client timed them. */
  readonly clientMeanMs: Readonly<Partial<Record<SharedTimeName, number>>>;
  /** The time that passed outside the server, where it is much. */
  readonly outside: OutsideTime | undefined;
  /** Of llama-server: tokens over the time that prompts took, and over that which answers took, request by request. */
  readonly promptTokensPerSecond: number | undefined;
  readonly outputTokensPerSecond: number | undefined;
  readonly runningMax: number | undefined;
  readonly waitingMax: number | undefined;
  readonly kvUsageMax: number | undefined;
  readonly preemptions: number | undefined;
  /** Prompt tokens that came from the prefix cache, of those looked up; 0 to 1. */
  readonly cacheHitShare: number | undefined;
  /** Drafted tokens that were kept; 0 to 1. */
  readonly acceptance: number | undefined;
  /** Tokens of a step of speculative decoding, with the one that the model adds itself. */
  readonly tokensPerDraft: number | undefined;
  /** What isn't known and why, one sentence each. */
  readonly gaps: readonly string[];
}

/** How much of a time on average the server didn't count. */
export interface OutsideTime {
  readonly time: 'timeToFirstToken' | 'endToEnd';
  readonly clientMs: number;
  readonly serverMs: number;
}

/** The server's side of one task: plain JSON. */
export interface ServerSide {
  readonly taskId: string;
  readonly title: string | undefined;
  readonly protocol: ProtocolName;
  readonly rows: readonly ServerSideRow[];
}
