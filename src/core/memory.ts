/** Memory of an engine in bytes: of its processes on a host; per device where it runs on GPUs. */
export interface MemoryReading {
  readonly nowBytes: number;
  /** Highest resident size since the last reset. */
  readonly peakBytes: number;
  /** False where the operating system couldn't reset the peak: then it is that of the whole launch. */
  readonly isPeakReset: boolean;
  /** What the library reports of its own buffers; undefined where it doesn't say. */
  readonly split: MemorySplit | undefined;
  /**
   * Per device: what a server set aside for its cache when it started, whether used or not. It depends on the card and on
   * flags, not on the model, so it is shown and never scored.
   */
  readonly reservedBytes: number | undefined;
  /** Why the figures are estimates, in one sentence; undefined where they were measured. */
  readonly doubt: string | undefined;
}

export interface MemorySplit {
  readonly weightsBytes: number;
  /** Key-value cache that was allocated. */
  readonly kvBytes: number;
  readonly computeBytes: number;
  /** Peak minus the three others; never negative. */
  readonly overheadBytes: number;
}
