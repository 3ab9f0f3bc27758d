import type { RaceRecord } from './race.ts';

/** What a run must be repeated with. Plain JSON; keys never hold secrets. */
export interface Manifest {
  readonly perbenchVersion: string;
  readonly nodeVersion: string;
  /** As typed, with values of secrets removed. */
  readonly commandLine: readonly string[];
  readonly host: HostFacts;
  readonly models: Readonly<Record<string, ModelFacts>>;
  readonly tasks: Readonly<Record<string, TaskFacts>>;
  readonly seed: number;
  /** What the run is to decide, and what it decided so far; absent where every cell is run in full. */
  readonly race?: RaceRecord;
  /** Only in runs that were read from files of another program; `host` is then where they were read. */
  readonly imported?: ImportFacts;
}

/** Where the numbers of an imported run come from. */
export interface ImportFacts {
  /** The program that measured, with its version, such as `lm-eval 0.4.13`. */
  readonly tool: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Unix time of the evaluation; absent where the files don't say. */
  readonly measuredAtMs?: number;
}

export interface HostFacts {
  readonly hostname: string;
  readonly os: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cores: number;
  /** CPU time that a control group allows, in cores; absent where none limits it. */
  readonly cpuQuotaCores?: number;
  readonly memoryBytes: number;
  readonly governor: string | undefined;
  readonly isContainer: boolean | undefined;
  readonly gpus: readonly string[];
  /** One entry per GPU; absent where none is there. */
  readonly gpuFacts?: readonly GpuFacts[];
}

/** What decides the speed of a GPU beside its name. */
export interface GpuFacts {
  readonly name: string;
  readonly memoryBytes?: number;
  readonly driver?: string;
  /** Power that it may take: often set below what the card could. */
  readonly powerLimitWatts?: number;
}

export interface ModelFacts {
  readonly source: string;
  readonly fileSha256: string | undefined;
  readonly fileBytes: number | undefined;
  /** Filled in by the first launch. */
  readonly engineBuild?: string;
  readonly devices?: readonly string[];
  readonly threads?: number;
  readonly architecture?: string;
  readonly parameters?: number;
  readonly quantisation?: string;
  readonly chatTemplateSha256?: string;
  readonly tokenizerSha256?: string;
  readonly promptStyle?: 'chat' | 'plain';
  /** Command line of the server that perbench started. */
  readonly serverCommand?: string;
  /** GPUs that share one copy of the model, where they are more than one. */
  readonly deviceCount?: number;
}

export interface TaskFacts {
  readonly dataSha256: string;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  readonly items: number;
  readonly evaluatedItems: number;
  readonly itemIdsSha256: string;
  readonly shots: number;
  readonly skippedRows: number;
  /** What a reader of the results should know of the data; one sentence each. */
  readonly notes: readonly string[];
  /** First prompt by model: its hash and first token ids show template and BOS. */
  readonly firstPrompts: Readonly<Record<string, { readonly sha256: string; readonly tokenIds: readonly number[] }>>;
}
