import koffi from 'koffi';
import type { NativeBatch, Pointer } from './library.ts';

interface Block {
  readonly pointer: Pointer;
  readonly memory: ArrayBuffer;
}

function allocate(type: string, bytesEach: number, count: number): Block {
  const pointer: Pointer = koffi.address(koffi.alloc(type, count));
  return { pointer, memory: koffi.view(pointer, bytesEach * count) };
}

/** The tokens of one `llama_decode`, written into native memory through typed arrays. */
export class DecodeBatch {
  readonly #capacity: number;
  readonly #blocks: Readonly<Record<'tokens' | 'positions' | 'counts' | 'sets' | 'outputs' | 'ids', Block>>;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #counts: Int32Array;
  readonly #sets: BigUint64Array;
  readonly #outputs: Int8Array;
  #length = 0;
  #outputCount = 0;

  constructor(capacity: number, sequences: number) {
    this.#capacity = capacity;
    this.#blocks = {
      tokens: allocate('int32_t', 4, capacity),
      positions: allocate('int32_t', 4, capacity),
      counts: allocate('int32_t', 4, capacity),
      sets: allocate('uint64_t', 8, capacity),
      outputs: allocate('int8_t', 1, capacity),
      ids: allocate('int32_t', 4, sequences),
    };
    this.#tokens = new Int32Array(this.#blocks.tokens.memory);
    this.#positions = new Int32Array(this.#blocks.positions.memory);
    this.#counts = new Int32Array(this.#blocks.counts.memory);
    this.#sets = new BigUint64Array(this.#blocks.sets.memory);
    this.#outputs = new Int8Array(this.#blocks.outputs.memory);
    // Tokens belong to runs of neighbouring sequences, so that all sets are parts of one list of ids.
    new Int32Array(this.#blocks.ids.memory).set(Array.from({ length: sequences }, (_, id) => id));
  }

  get length(): number {
    return this.#length;
  }

  /** Rows of logits that the decode will give, in the order in which their tokens were added. */
  get outputCount(): number {
    return this.#outputCount;
  }

  clear(): void {
    this.#length = 0;
    this.#outputCount = 0;
  }

  /**
   * Adds a token of the sequences `first` to `first + count - 1`.
   *
   * @returns the row of logits that the token will have, or -1 without output
   */
  add(token: number, position: number, first: number, count: number, hasOutput: boolean): number {
    const index = this.#length;
    if (index === this.#capacity) throw new Error(`more than ${this.#capacity} tokens in a batch`);
    this.#tokens[index] = token;
    this.#positions[index] = position;
    this.#counts[index] = count;
    this.#sets[index] = this.#blocks.ids.pointer + BigInt(first * 4);
    this.#outputs[index] = hasOutput ? 1 : 0;
    this.#length += 1;
    if (!hasOutput) return -1;
    this.#outputCount += 1;
    return this.#outputCount - 1;
  }

  toNative(): NativeBatch {
    const { tokens, positions, counts, sets, outputs } = this.#blocks;
    return {
      n_tokens: this.#length,
      token: tokens.pointer,
      embd: null,
      pos: positions.pointer,
      n_seq_id: counts.pointer,
      seq_id: sets.pointer,
      logits: outputs.pointer,
    };
  }

  free(): void {
    for (const block of Object.values(this.#blocks)) koffi.free(block.pointer);
  }
}
