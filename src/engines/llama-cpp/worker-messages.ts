import type {
  DraftFacts,
  GenerateRequest,
  Generation,
  Loglikelihood,
  LoglikelihoodRequest,
  Thinking,
  WorkInFlight,
  LossResult,
  LossText,
} from '../../core/engine.ts';
import type { TemplateArguments } from '../chat-template.ts';
import type { PassSettings } from './engine-pass.ts';
import type { PlacementPlan } from '../../gguf/plan-placement.ts';
import type { DeviceReading } from './device-watch.ts';
import type { LibraryLocation } from './library-location.ts';
import type { BufferSize } from './native/library.ts';
import type { CacheSettings } from './native/llama-context.ts';
import type { PlacingOrder } from './place-model.ts';

/** A model that drafts for another. */
export interface DraftOrder {
  readonly file: string;
  /** Drafted at once for a sequence, at most. */
  readonly tokens: number;
  readonly placing: PlacingOrder;
}

/** What the engine's process is started with, as its first message. */
export interface LoadOrder {
  readonly type: 'load';
  readonly file: string;
  readonly draft: DraftOrder | undefined;
  readonly library: LibraryLocation;
  readonly threads: number;
  readonly contextTokens: number | undefined;
  readonly chatTemplate: string | undefined;
  /** Of the template, beside the messages. */
  readonly templateArgs: TemplateArguments;
  readonly thinking: Thinking;
  readonly placing: PlacingOrder;
  readonly cache: CacheSettings;
  /** The caller's: both processes then tell the same time. */
  readonly clockOffsetMs: number;
}

export type PassKind = 'generate' | 'loglikelihood';
export type EngineRequest = GenerateRequest | LoglikelihoodRequest;
export type EngineResult = Generation | Loglikelihood;

/** Two models for one process, whose distributions are to be compared. */
export interface PairOrder {
  readonly type: 'load-pair';
  readonly base: LoadOrder;
  readonly model: LoadOrder;
}

/** Asks a pair for its next result: of a new text, or of what is left of the one before. */
export interface LossOrder {
  readonly type: 'loss-next';
  readonly text: LossText | undefined;
}

export type WorkerOrder =
  | LoadOrder
  | PairOrder
  | LossOrder
  | PassOrder
  /** Asks for the memory of the devices, or starts a new peak of it. */
  | { readonly type: 'memory'; readonly startsPeak: boolean };

export type PassOrder =
  /** Of the decodes to come, whichever pass they are of. */
  | { readonly type: 'threads'; readonly threads: number }
  | { readonly type: 'pass-start'; readonly pass: number; readonly kind: PassKind; readonly settings: PassSettings }
  | { readonly type: 'requests'; readonly pass: number; readonly requests: readonly EngineRequest[] }
  | { readonly type: 'requests-end'; readonly pass: number }
  /** Nobody waits for results any more. */
  | { readonly type: 'pass-end'; readonly pass: number };

/** What the process knows of the model once it is loaded. */
export interface LoadedFacts {
  readonly contextTokens: number;
  readonly trainedContextTokens: number;
  readonly vocabularySize: number;
  readonly parameters: number;
  readonly weightsBytes: number;
  readonly quantisation: string;
  readonly canCutSequences: boolean;
  /** Kernels of the CPU. */
  readonly devices: readonly string[];
  readonly placement: PlacementPlan;
  /** Of the weights. */
  readonly buffers: readonly BufferSize[];
  /** Variant of the CPU's kernels, where the library has several. */
  readonly kernels: string | undefined;
  readonly libraryVersion: string;
  readonly draft: DraftFacts | undefined;
}

export type WorkerReport =
  /** Without a result there is nothing left of the text. */
  | { readonly type: 'loss'; readonly result: LossResult | undefined }
  | { readonly type: 'loss-error'; readonly message: string; readonly hint: string | undefined }
  | { readonly type: 'loaded'; readonly facts: LoadedFacts }
  | {
      readonly type: 'load-error';
      readonly kind: 'model' | 'environment' | 'usage' | 'engine';
      readonly message: string;
      readonly hint: string | undefined;
    }
  /** Of the context that is open from now on. */
  | { readonly type: 'context'; readonly buffers: readonly BufferSize[] }
  | {
      readonly type: 'results';
      readonly pass: number;
      readonly results: readonly EngineResult[];
      readonly inFlight: WorkInFlight;
    }
  | { readonly type: 'memory'; readonly devices: readonly DeviceReading[] }
  | { readonly type: 'pass-error'; readonly pass: number; readonly message: string }
  /** Sent now and then while decodes go on without results. */
  | { readonly type: 'progress'; readonly pass: number; readonly inFlight: WorkInFlight };
