import type { WorkInFlight } from '../../core/engine.ts';
import { commonPrefix } from '../prompt-tokens.ts';
import type { ContextShape, LlamaContext } from './native/llama-context.ts';
import type { LlamaModel } from './native/llama-model.ts';
import type { PromptReader } from './prompts.ts';

export interface PassSettings {
  readonly concurrency: number;
  readonly reuse: 'none' | 'prefix';
  /** Requests beyond those answered that are waited for, and looked at; undefined: those that are there. */
  readonly ahead?: number | undefined;
}

/** A small model that proposes tokens. */
export interface DraftSource {
  readonly model: LlamaModel;
  /** Proposed at once for a sequence, at most. */
  readonly tokens: number;
  /** As `ContextSource.open`, after it; what that opens next closes this one. */
  open(shape: ContextShape): LlamaContext;
}

/** Opens contexts of the shape that a pass needs; there is one at a time, the weights stay. */
export interface ContextSource {
  readonly model: LlamaModel;
  readonly draft?: DraftSource | undefined;
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
  readonly inFlight: WorkInFlight;
  /** One decode at most; the results that are ready then. */
  step(): Result[];
  /** Lets go of what is still in flight, and of what it holds beside the context. */
  close?(): void;
}

/** Cells are allocated in steps of so many by the library. */
const cellStep = 256;

export function roundCells(cells: number): number {
  return Math.ceil(cells / cellStep) * cellStep;
}

function compareTokens(left: Int32Array, right: Int32Array): number {
  const shared = commonPrefix(left, right);
  if (shared === left.length || shared === right.length) return left.length - right.length;
  return (left[shared] ?? 0) - (right[shared] ?? 0);
}

/**
 * Requests that wait. In order of arrival, or sorted by tokens, so that those that follow each other share prefixes; a
 * sorted queue is read from where the last one stood and round again, so that none waits for ever.
 */
export class RequestQueue<Request extends { readonly tokens: Int32Array }> {
  readonly #isSorted: boolean;
  #waiting: Request[] = [];
  #next = 0;
  /** Tokens of the request that was taken last in this round: what sorts before them waits for the next round. */
  #last: Int32Array | undefined;

  constructor(isSorted: boolean) {
    this.#isSorted = isSorted;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** The waiting requests, in no particular order. */
  values(): readonly Request[] {
    return this.#waiting;
  }

  add(request: Request): void {
    if (!this.#isSorted) {
      this.#waiting.push(request);
      return;
    }
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#waiting[middle];
      if (other !== undefined && compareTokens(other.tokens, request.tokens) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, request);
    const isPast = this.#last !== undefined && compareTokens(request.tokens, this.#last) < 0;
    if (low < this.#next || (low === this.#next && isPast)) this.#next += 1;
  }

  peek(): Request | undefined {
    if (this.#next >= this.#waiting.length) {
      this.#next = 0;
      this.#last = undefined;
    }
    return this.#waiting[this.#next];
  }

  take(): Request | undefined {
    const request = this.peek();
    if (request === undefined) return undefined;
    this.#waiting.splice(this.#next, 1);
    this.#last = request.tokens;
    return request;
  }
}
