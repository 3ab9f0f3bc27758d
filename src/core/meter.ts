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
  /** Of a model on GPUs: highest resident size of its processes beside that. */
  readonly hostPeakBytes?: number;
  /** Each GPU by itself, where the engine can tell them apart. */
  readonly devices?: readonly DeviceMemory[];
}

/** What a model takes on one GPU. */
export interface DeviceMemory {
  /** The library's name, such as `CUDA0`. */
  readonly name: string;
  readonly description: string;
  /** It computes on the CPU, and its memory is the host's. */
  readonly isSoftware: boolean;
  readonly usedBytes: number;
  /** Since the last reset. */
  readonly peakBytes: number;
  readonly totalBytes: number;
  readonly split: MemorySplit;
  /** By its driver; else the sum of the library's own buffers. */
  readonly isTold: boolean;
}

export interface MemorySplit {
  readonly weightsBytes: number;
  /** Key-value cache that was allocated. */
  readonly kvBytes: number;
  readonly computeBytes: number;
  /** Peak minus the three others; never negative. */
  readonly overheadBytes: number;
}

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

/** What the host did while a pass ran; all times in milliseconds of CPU, summed over cores. */
export interface HostWindow {
  readonly durationMs: number;
  readonly cores: number;
  /** CPU time of the engine's processes. */
  readonly engineCpuMs: number;
  /** CPU time of perbench's own process. */
  readonly parentCpuMs: number;
  /** CPU time of every other process, and time that the hypervisor took (steal). */
  readonly otherCpuMs: number;
  readonly stealMs: number;
  /** `otherCpuMs` (steal included) over `durationMs` x cores: above 0.05 the window is `host_busy`. */
  readonly otherShare: number;
  /** 99th percentile of this process's event-loop delay. */
  readonly eventLoopDelayP99Ms: number;
  /** False where the operating system doesn't tell: the shares are unknown then, not 0. */
  readonly isKnown: boolean;
  /** Undefined where no tool watches GPUs. */
  readonly devices: DeviceWindow | undefined;
  /** Undefined where nothing tells energy. */
  readonly energy: EnergyWindow | undefined;
}

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
  /** Tokens of speculative decoding that were proposed, those kept, and in how many steps. */
  readonly draftedTokens?: number | undefined;
  readonly acceptedTokens?: number | undefined;
  readonly drafts?: number | undefined;
  /** Share of drafted tokens that were kept, of servers that tell only this: the mean of what they said while they worked. */
  readonly acceptance?: number | undefined;
  /** Time that prompts and answers took, of servers that add it up without counting requests. */
  readonly promptMs?: number | undefined;
  readonly decodeMs?: number | undefined;
  /** Times of the requests that were done meanwhile, those of other clients included. */
  readonly times?: Readonly<Partial<Record<ServerTimeName, TimeHistogram>>> | undefined;
  /** Why counts and times aren't known, in one sentence; undefined where they are. */
  readonly gap?: string | undefined;
}

/**
 * What servers time by themselves. `queue`: until the engine takes a request. `prefill`: until its first token. `decode`:
 * from the first token to the last. `interToken`: of each token after the first. The others begin when the request arrives.
 */
export const serverTimeNames = ['queue', 'prefill', 'decode', 'timeToFirstToken', 'interToken', 'endToEnd'] as const;
export type ServerTimeName = (typeof serverTimeNames)[number];

/** Times as Prometheus counts them. Several add up if their edges are the same. */
export interface TimeHistogram {
  readonly count: number;
  readonly sumMs: number;
  /** How many took at most so long, by rising edge; the infinite one, which all are below, is left out. */
  readonly buckets: readonly { readonly upToMs: number; readonly count: number }[];
}

/** The engine that a window watches, as far as this machine shows it. */
export interface WatchedEngine {
  /** Its processes, without their children; none where it runs elsewhere, or in this process. */
  readonly processIds: readonly number[];
  /** GPUs that it may use, by index or UUID: none where it computes on the CPU. Undefined if unknown. */
  readonly gpus?: readonly string[] | 'all' | undefined;
}

/** A process that is neither perbench's nor the engine's; several of one name count as one. */
export interface BusyProcess {
  readonly name: string;
  /** Of the CPU time of all cores, 0 to 1. */
  readonly share: number;
}

/** What others, steal included, took of the CPU. */
export interface OthersLook {
  /** Of the CPU time of all cores, 0 to 1. */
  readonly share: number;
  readonly cores: number;
}

/** Looks at others again and again, without a window. */
export interface OthersWatch {
  /** Since the look before, or since the watch was started; undefined where the system doesn't tell. */
  look(): OthersLook | undefined;
  /** Those that took most between the last two looks, the busiest first; none where the system doesn't tell. */
  busiest(): readonly BusyProcess[];
}

/** Watches the host while a pass runs. */
export interface HostMeter {
  /** Starts a window. */
  start(engine: WatchedEngine): Promise<{ stop(): Promise<HostWindow> }>;
  /** Undefined where nothing tells what others do between windows. */
  readonly watchOthers?: ((engine: WatchedEngine) => OthersWatch) | undefined;
  /** Ends what was started to watch, such as a GPU tool; a later window starts it again. */
  [Symbol.asyncDispose]?(): Promise<void>;
}
