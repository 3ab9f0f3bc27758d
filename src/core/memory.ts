/** Memory of an engine's processes on the host, in bytes. */
export interface MemoryReading {
  readonly nowBytes: number;
  /** Highest resident size since the last reset. */
  readonly peakBytes: number;
  /** False where the operating system couldn't reset the peak: then it is that of the whole launch. */
  readonly isPeakReset: boolean;
  /** What the library reports of its own buffers; undefined where it doesn't say. */
  readonly split: MemorySplit | undefined;
}

export interface MemorySplit {
  readonly weightsBytes: number;
  /** Key-value cache that was allocated. */
  readonly kvBytes: number;
  readonly computeBytes: number;
  /** Peak minus the three others; never negative. */
  readonly overheadBytes: number;
}
