/** What one GPU did while a pass ran. A quantity that its tool didn't tell is undefined, never 0. */
export interface DeviceReadings {
  /** UUID where the tool gives one, else its index. */
  readonly id: string;
  readonly name: string | undefined;
  /** Readings inside the window. */
  readonly readings: number;
  readonly memoryTotalBytes: number | undefined;
  /** Of all processes on the device; a server's pre-allocated pool is in it, so it is shown and never scored. */
  readonly memoryPeakBytes: number | undefined;
  /** Share of time in which any kernel ran, 0 to 1. */
  readonly utilisation: number | undefined;
  readonly powerMeanWatts: number | undefined;
  readonly powerLimitWatts: number | undefined;
  readonly clockMeanMhz: number | undefined;
  readonly clockLeastMhz: number | undefined;
  readonly temperatureMaxCelsius: number | undefined;
  /**
   * Share of the readings in which heat or the power supply kept the clocks low; undefined where the tool doesn't tell. A
   * GPU at its power limit isn't throttled: it runs as it was set to.
   */
  readonly throttledShare: number | undefined;
  /** Everything that kept the clocks low, each once, `power cap` too. */
  readonly throttleReasons: readonly string[];
  readonly isPartitioned: boolean;
  /** Whether the engine runs on it; undefined where the tool doesn't show processes. */
  readonly isEngines: boolean | undefined;
}

/** A process on the device that belongs neither to the engine nor to perbench. */
export interface ForeignProcess {
  readonly deviceId: string;
  readonly pid: number;
  readonly name: string;
  readonly memoryBytes: number | undefined;
}

/** What the GPUs did while a pass ran. */
export interface DeviceWindow {
  /** Program that told it, such as `nvidia-smi`. */
  readonly tool: string;
  readonly devices: readonly DeviceReadings[];
  readonly foreignProcesses: readonly ForeignProcess[];
  /** What the tool didn't tell and why, one sentence each. */
  readonly gaps: readonly string[];
}

/** Energy of one part of the machine over a window. */
export interface EnergyPart {
  /** Such as `GPU-1f3a` or `package-0`. */
  readonly id: string;
  readonly kind: 'gpu' | 'cpu' | 'memory';
  readonly joules: number;
}

/** Energy that a pass took, of the parts that could be read. */
export interface EnergyWindow {
  readonly parts: readonly EnergyPart[];
  readonly durationMs: number;
  /** Why a part's energy isn't known, such as a gap in its power readings; one sentence each. */
  readonly gaps: readonly string[];
}
