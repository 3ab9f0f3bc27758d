import type { BufferSize } from './native/library.ts';
import type { ContextShape, LlamaContext } from './native/llama-context.ts';

/** The context of a model that is open: one at a time. */
export class OpenContext {
  readonly #create: (shape: ContextShape) => LlamaContext;
  #context: LlamaContext | undefined;

  constructor(create: (shape: ContextShape) => LlamaContext) {
    this.#create = create;
  }

  get buffers(): readonly BufferSize[] {
    return this.#context?.buffers ?? [];
  }

  /** An empty context of this shape; the one that was open is closed, or emptied where it has the same shape. */
  open(shape: ContextShape): LlamaContext {
    if (this.#context !== undefined && isSameShape(this.#context.shape, shape)) this.#context.clear();
    else {
      // Before the new one, so that both are never in memory together.
      this.close();
      this.#context = this.#create(shape);
    }
    return this.#context;
  }

  close(): void {
    this.#context?.free();
    this.#context = undefined;
  }
}

function isSameShape(left: ContextShape, right: ContextShape): boolean {
  const names = Object.keys(right) as (keyof ContextShape)[];
  return names.every((name) => left[name] === right[name]);
}
