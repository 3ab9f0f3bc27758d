/** One reading of one GPU. Undefined is what the tool didn't tell. */
export interface DeviceSample {
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** UUID where the tool gives one, else the index. */
  readonly id: string;
  readonly index: string | undefined;
  readonly name: string | undefined;
  readonly memoryTotalBytes: number | undefined;
  readonly memoryUsedBytes: number | undefined;
  /** 0 to 1. */
  readonly utilisation: number | undefined;
  readonly powerWatts: number | undefined;
  readonly powerLimitWatts: number | undefined;
  readonly clockMhz: number | undefined;
  readonly temperatureCelsius: number | undefined;
  /** What lowers the clocks now; undefined where the tool doesn't tell. */
  readonly throttleReasons: readonly string[] | undefined;
  /** It is split into instances (MIG): its own numbers say little about one of them. */
  readonly isPartitioned: boolean;
}

/** A process that a tool saw on a GPU. */
export interface DeviceProcess {
  readonly atMs: number;
  readonly deviceId: string;
  readonly pid: number;
  readonly name: string;
  readonly memoryBytes: number | undefined;
}
