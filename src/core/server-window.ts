/** What a server's own metrics said while a pass ran. A quantity that it didn't tell is undefined. */
export interface ServerWindow {
  /** Answers to requests for metrics; below two a second the peaks may be too low. */
  readonly scrapes: number;
  readonly failedScrapes: number;
  readonly durationMs: number;
  readonly runningMax: number | undefined;
  /** Requests that waited for a place. */
  readonly waitingMax: number | undefined;
  /** Highest share of the key-value pool in use, 0 to 1. */
  readonly kvUsageMax: number | undefined;
  readonly promptTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** Requests that lost their place to others. */
  readonly preemptions: number | undefined;
  /** Prompt tokens looked up in the prefix cache, and those found in it. */
  readonly cacheQueries: number | undefined;
  readonly cacheHits: number | undefined;
}
