/** Shares above which a number is marked; docs/measurement.md says why each is where it is. */
export const thresholds = {
  /** CPU that other processes and steal took in a window. */
  hostBusy: 0.05,
  /** Readings in which something but its power limit kept a GPU below its clocks. */
  throttled: 0.05,
  /** Requests that failed. */
  failed: 0.01,
  /** Answers whose tokens nobody counted. */
  uncounted: 0.01,
  /** CPU of perbench as a client, in cores. */
  clientCpu: 0.7,
  /** Event-loop delay (p99) of a client, as a share of the median latency. */
  clientDelay: 0.05,
  /** Below this delay, in milliseconds, timers alone explain it. */
  clientDelayMs: 2,
  /** Requests in flight, as a share of those that a closed loop asked for: fewer are too few. */
  clientConcurrency: 0.9,
  /** Requests, or streamed tokens, per second, as a share of what the client can do at most. */
  clientCeiling: 0.7,
  /** Answers of a closed loop's window for each place: fewer say more about its edges than about a rate. */
  rounds: 3,
  /** Answers of an open loop's window for each request in flight: fewer, and what was in flight at its start tells. */
  openRounds: 10,
  /** Of the requests that came in an open loop's window, those that were added to the backlog. */
  backlogGrowth: 0.05,
  /** Prompt tokens from a server's cache where nothing should be reused. */
  cacheHits: 0.01,
  /** Of a time that the client measured, what the server didn't count. */
  outsideServer: 0.1,
  /** Below this, in milliseconds, any network explains it. */
  outsideServerMs: 5,
  /** Requests that a server counted beside perbench's own, as a share of these: with more, their times aren't the same. */
  otherRequests: 0.2,
  /** Answers that could not be read. */
  unparsed: 0.05,
  /** Answers that ended at the token limit. */
  truncated: 0.05,
  /** Answers that never came: thoughts had no end, or a filter held them back. */
  cut: 0.05,
  /** Total variation distance between the labels that are right and those that were answered. */
  labelDistance: 0.15,
  /** Items below which a share is called a small sample. */
  smallSample: 30,
} as const;
