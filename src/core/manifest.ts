import type { DraftFacts, Thinking } from './engine.ts';
import type { LossRecord } from './loss.ts';
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
  /** What the run is to decide, and what it decided so far; undefined where every cell is run in full. */
  readonly race: RaceRecord | undefined;
  /** How far models are from a base, newest last; of runs that were asked for it. */
  readonly losses?: readonly LossRecord[] | undefined;
  /** Answers that a model took over from another one, which differs from it in nothing that decides answers. */
  readonly takenAnswers?: readonly TakenAnswers[] | undefined;
  /** Time for the whole run, which takes as many items of each task as fit into it; without it every item is asked. */
  readonly timeLimitMs?: number | undefined;
  /** Tasks for which that time was too short. */
  readonly leftOut?: readonly string[] | undefined;
  /** Of the machines whose times count, where several may work on the run; fixed by the first of them that measures. */
  readonly hardwareClass?: string | undefined;
  /** Machines that worked on it beside `host`, by host name; absent where that one did everything. */
  readonly machines?: Readonly<Record<string, MachineFacts>> | undefined;
  /** Only in runs that were read from files of another program; `host` is then where they were read. */
  readonly imported: ImportFacts | undefined;
}

export interface MachineFacts {
  readonly host: HostFacts;
  readonly hardwareClass: string;
  /** It has measured times; the others have answered items only. */
  readonly measures: boolean;
}

export interface TakenAnswers {
  readonly taskId: string;
  readonly model: string;
  /** The model that was asked. */
  readonly from: string;
  readonly items: number;
}

/** Where the numbers of an imported run come from. */
export interface ImportFacts {
  /** The program that measured, with its version, such as `lm-eval 0.4.13`. */
  readonly tool: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Unix time of the evaluation; undefined where the files don't say. */
  readonly measuredAtMs: number | undefined;
  /** Only where the files have answers alone, which perbench scored itself. */
  readonly answers?: ImportedAnswers | undefined;
}

/** Answers that were made elsewhere. */
export interface ImportedAnswers {
  /** Rows that belong to an item. */
  readonly rows: number;
  /** Items without an answer: they failed, or with `isPartial` are left out. */
  readonly missing: number;
  readonly isPartial?: boolean | undefined;
  /** As the file says; nobody measured it here. In milliseconds, over so many answers. */
  readonly latency?: { readonly p50Ms: number; readonly p95Ms: number; readonly n: number } | undefined;
  /** Of a thousand answers, or of a million tokens. In any currency. */
  readonly price?: { readonly perThousand: number } | { readonly input: number; readonly output: number } | undefined;
}

export interface HostFacts {
  readonly hostname: string;
  readonly os: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cores: number;
  /** CPU time that a control group allows, in cores; undefined where none limits it. */
  readonly cpuQuotaCores: number | undefined;
  readonly memoryBytes: number;
  readonly governor: string | undefined;
  readonly isContainer: boolean | undefined;
  readonly gpus: readonly string[];
  /** One entry per GPU; undefined where none is there. */
  readonly gpuFacts: readonly GpuFacts[] | undefined;
}

/** What decides the speed of a GPU beside its name. */
export interface GpuFacts {
  readonly name: string;
  readonly memoryBytes: number | undefined;
  readonly driver: string | undefined;
  /** Power that it may take: often set below what the card could. */
  readonly powerLimitWatts: number | undefined;
}

export interface ModelFacts extends LaunchFacts {
  readonly source: string;
  /** What ran it, such as `llama`; absent in imported runs and in those of older versions. */
  readonly engine?: string;
  readonly fileSha256: string | undefined;
  readonly fileBytes: number | undefined;
  /** Quantisation of the file that it was made from, of files that perbench quantised. */
  readonly madeFrom?: string | undefined;
  /** The small model that proposes its tokens; absent where none does. */
  readonly draftFile?: { readonly source: string; readonly fileSha256: string; readonly fileBytes: number } | undefined;
}

/** What the first launch tells of a model. */
export interface LaunchFacts {
  readonly engineBuild: string | undefined;
  readonly devices: readonly string[] | undefined;
  /** Of `ModelInfo`. */
  readonly computesOn?: string | undefined;
  readonly architecture: string | undefined;
  readonly promptStyle: 'chat' | 'plain' | undefined;
  /** Command line of the server that perbench started. */
  readonly serverCommand: string | undefined;
  /** GPUs that share one copy of the model, where they are more than one. */
  readonly deviceCount: number | undefined;
  readonly threads: number | undefined;
  readonly parameters: number | undefined;
  /** Of all tensors, as llama.cpp counts them; absent in runs of older versions and where nobody tells. */
  readonly weightsBytes?: number | undefined;
  readonly quantisation: string | undefined;
  readonly chatTemplateSha256: string | undefined;
  readonly tokenizerSha256: string | undefined;
  /** What became of the thinking setting. */
  readonly thinking?: Thinking | undefined;
  /** Of `ModelInfo`. */
  readonly scoredBy?: string | undefined;
  /** What drafted tokens for it. */
  readonly draft?: DraftFacts | undefined;
  /** How requests differed from what they usually are. */
  readonly notes?: readonly string[] | undefined;
}

/** Of a model that was never launched. */
export const noLaunchFacts: LaunchFacts = {
  engineBuild: undefined,
  devices: undefined,
  architecture: undefined,
  promptStyle: undefined,
  serverCommand: undefined,
  deviceCount: undefined,
  threads: undefined,
  parameters: undefined,
  quantisation: undefined,
  chatTemplateSha256: undefined,
  tokenizerSha256: undefined,
};

/** What reports need of a task that isn't perbench's own, since no registry has it. */
export interface OwnTaskFacts {
  readonly title: string;
  readonly metric: string;
  readonly chance: number;
  readonly trivialAccuracy?: number | undefined;
  readonly baselines?: Readonly<Record<string, number>> | undefined;
  readonly category: 'generation' | 'classification';
  readonly kind: 'generate' | 'loglikelihood';
  readonly labels?: readonly string[] | undefined;
  readonly need?: Readonly<Record<string, number | string>> | undefined;
  /** The file that demands it, for people. */
  readonly needFrom?: string | undefined;
  /** Of the module that scored the answers, where one did. */
  readonly scorerSha256?: string | undefined;
}

export interface TaskFacts {
  readonly own?: OwnTaskFacts | undefined;
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
  readonly firstPrompts: Readonly<
    Record<
      string,
      {
        readonly sha256: string;
        readonly tokenIds: readonly number[];
        /** As it was sent; of runs that were to show it, unless it is long. */
        readonly text?: string | undefined;
      }
    >
  >;
}
