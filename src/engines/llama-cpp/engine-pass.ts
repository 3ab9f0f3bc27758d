import type { LlamaContext, ContextShape } from './native/llama-context.ts';
import type { LlamaModel } from './native/llama-model.ts';
import type { PromptReader } from './prompt-tokens.ts';

export interface PassSettings {
  readonly concurrency: number;
  readonly reuse: 'none' | 'prefix';
}

/** Opens contexts of the shape that a pass needs; there is one at a time, the weights stay. */
export interface ContextSource {
  readonly model: LlamaModel;
  readonly reader: PromptReader;
  /** Milliseconds on the caller's clock. */
  readonly now: () => number;
  /** An empty context of this shape; the one that was open is closed, or emptied where it has the same shape. */
  open(shape: ContextShape): LlamaContext;
}

/** One pass inside the engine's process: it is fed requests and stepped until it has nothing left to do. */
export interface EnginePass<Request, Result> {
  add(request: Request): void;
  readonly isIdle: boolean;
  /** One decode at most; the results that are ready then. */
  step(): Result[];
}

/** Cells are allocated in steps of so many by the library. */
const cellStep = 256;

export function roundCells(cells: number): number {
  return Math.ceil(cells / cellStep) * cellStep;
}
