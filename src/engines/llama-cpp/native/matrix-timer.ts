import koffi from 'koffi';
import { EngineError } from '../../../core/errors.ts';
import type { TypeRate } from '../../../core/roofline.ts';
import type { LibraryLocation } from '../library-location.ts';
import type { Pointer } from './abi.ts';
import { bindGraphs, type GgmlGraphs } from './ggml-graphs.ts';
import type { NativeLibrary } from './library.ts';

/** Numbers in a row of the matrices: that of a model of 3 to 8 billion parameters. */
const columns = 2048;
/** More than a CPU's cache holds, so that they come from memory. */
const weightsBytes = 128 * 2 ** 20;
/** Rows of the matrix that many tokens are multiplied with. */
const computedRows = 2048;
const manyTokens = 512;
/** Rows of different numbers: quantising a whole matrix would take longer than measuring. */
const differentRows = 32;
/** Matrices of a chain are so small that what a step costs beside reading them is about half of its time. */
const chainColumns = 512;
const chainType = 8;
const leastRepeats = 5;
const leastMs = 150;
/** Of tensors and a graph, without their numbers. */
const contextBytes = 4 * 2 ** 20;
/** A step takes some time, however the two measurements scatter. */
const leastStepMs = 1e-5;
const float32 = 0;
const contextParams = { mem_size: contextBytes, mem_buffer: null, no_alloc: true };
/** What ggml quantises without looking at a model; it ends the process over others. */
const makeable = new Set([0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 29, 30, 34, 35, 39]);

/** Numbers that the smallest blocks of quantised types have in common a scale. */
const blockNumbers = 32;

/**
 * Of no pattern that a kernel could profit from. Sizes differ from block to block by up to a factor of e either way: as in
 * models, scales then differ too, which kernels look up in a table that is too large for the fastest cache. With equal
 * scales, one token with q4_1 or q8_0 takes only about two thirds of the time, and three small models took 1.3 to 1.6
 * times as much CPU time for a token as their matrices would; with these scales 1.0 to 1.3 times (one thread, on a busy machine).
 */
export function someNumbers(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, index) => {
    const block = Math.floor(index / blockNumbers);
    return Math.sin(index * index) * Math.exp(Math.sin(block * block));
  });
}

/** The fastest of several times: what the machine can do where nobody disturbs it. */
function fastestMs(work: () => void): number {
  work();
  const startedMs = performance.now();
  let fastest = Infinity;
  for (let repeat = 0; repeat < leastRepeats || performance.now() - startedMs < leastMs; repeat += 1) {
    const beginMs = performance.now();
    work();
    fastest = Math.min(fastest, performance.now() - beginMs);
  }
  return fastest;
}

/** The memories that weights may lie in, those that pack them for the CPU's kernels first, as llama.cpp goes. */
function memoriesOf(graphs: GgmlGraphs, device: Pointer, plain: Pointer): readonly Pointer[] {
  const list = graphs.procedure(graphs.registry('CPU'), 'ggml_backend_dev_get_extra_bufts');
  if (list === null) return [plain];
  const extra = koffi.call(list, koffi.proto('void *perbench_extra_memories(void *device)'), device) as Pointer | null;
  const found: Pointer[] = [];
  for (let index = 0; extra !== null; index += 1) {
    const memory = koffi.decode(extra, index * koffi.sizeof('void *'), 'void *') as Pointer | null;
    if (memory === null) break;
    found.push(memory);
  }
  return [...found, plain];
}

/** One product, or a chain of as many as there are matrices: then these are square. */
interface Products {
  /** A `ggml_type`. */
  readonly type: number;
  readonly columns: number;
  readonly rows: number;
  readonly matrices: number;
  readonly tokens: number;
}

/** Times matrix products on the CPU, with the kernels, threads and packing that models are computed with. */
export class MatrixTimer {
  readonly #graphs: GgmlGraphs;
  readonly #device: Pointer;
  readonly #backend: Pointer;
  readonly #plain: Pointer;
  readonly #memories: readonly Pointer[];

  constructor(library: NativeLibrary, location: LibraryLocation, threads: number) {
    this.#graphs = bindGraphs(location);
    this.#device = this.#graphs.device('CPU');
    this.#backend = this.#graphs.start(this.#device, null);
    this.#plain = library.hostBufferType();
    this.#memories = memoriesOf(this.#graphs, this.#device, this.#plain);
    const registry = this.#graphs.registry('CPU');
    const setThreads = this.#graphs.procedure(registry, 'ggml_backend_set_n_threads');
    const setPool = this.#graphs.procedure(registry, 'ggml_backend_cpu_set_threadpool');
    const pool = library.createThreadpool(threads);
    if (setThreads !== null)
      koffi.call(
        setThreads,
        koffi.proto('void perbench_set_threads(void *backend, int threads)'),
        this.#backend,
        threads,
      );
    if (setPool !== null && pool !== undefined)
      koffi.call(setPool, koffi.proto('void perbench_set_pool(void *backend, void *pool)'), this.#backend, pool);
  }

  /** Undefined for a type that the library doesn't know, or can't make. */
  rate(type: number): TypeRate | undefined {
    const { typeName, rowBytes } = this.#graphs;
    if (!makeable.has(type)) return undefined;
    const each = Number(rowBytes(type, columns));
    const rows = Math.floor(weightsBytes / each / differentRows) * differentRows;
    const name = typeName(type);
    if (name === null) return undefined;
    const readMs = this.#fastest({ type, columns, rows, matrices: 1, tokens: 1 });
    const computeMs = this.#fastest({ type, columns, rows: computedRows, matrices: 1, tokens: manyTokens });
    if (readMs === undefined || computeMs === undefined) return undefined;
    return {
      type,
      name,
      bytesPerSecond: (1000 * rows * each) / readMs,
      operationsPerSecond: (1000 * 2 * columns * computedRows * manyTokens) / computeMs,
    };
  }

  /**
   * What a step costs beside reading its weights: of a chain of small products and sums in turns, as those of a layer, each of
   * which waits for the one before. Its matrices are no longer in the cache when their turn comes, and each product begins by
   * quantising what it is multiplied with. Sums alone would be computed by one thread, and products of one matrix from the
   * cache; either costs less than a tenth of that.
   */
  stepMs(): number {
    const rate = this.rate(chainType);
    const bytes = chainColumns * Number(this.#graphs.rowBytes(chainType, chainColumns));
    const matrices = Math.floor(weightsBytes / bytes);
    const shape = { type: chainType, columns: chainColumns, rows: chainColumns, matrices, tokens: 1 };
    const ms = this.#fastest(shape);
    if (rate === undefined || ms === undefined)
      throw new EngineError('there is no memory to measure the speed of this machine');
    const readMs = (1000 * matrices * bytes) / rate.bytesPerSecond;
    return Math.max(leastStepMs, (ms - readMs) / (2 * matrices));
  }

  #someRows(type: number, width: number): Buffer | undefined {
    const numbers = someNumbers(width * differentRows);
    if (type === float32) return Buffer.from(numbers.buffer);
    const rows = Buffer.alloc(Number(this.#graphs.rowBytes(type, width)) * differentRows);
    const weights = new Float32Array(width).fill(1);
    const made = this.#graphs.quantize(type, numbers, rows, 0, differentRows, width, weights);
    return Number(made) === rows.length ? rows : undefined;
  }

  /** Undefined where the type can't be made, or there is no memory for it. */
  #fastest(shape: Products): number | undefined {
    const { free, release, write } = this.#graphs;
    const some = this.#someRows(shape.type, shape.columns);
    if (some === undefined) return undefined;
    for (const memory of this.#memories) {
      const { contexts, weights, asked, compute, buffers } = this.#build(shape, memory);
      const isHere = buffers.every((buffer) => buffer !== null);
      if (isHere) {
        const bytes = (some.length / differentRows) * shape.rows;
        const filled = Buffer.alloc(bytes, some);
        for (const each of weights) write(each, filled, 0, bytes);
        const numbers = someNumbers(shape.columns * shape.tokens);
        write(asked, Buffer.from(numbers.buffer), 0, numbers.byteLength);
      }
      const ms = isHere ? fastestMs(compute) : undefined;
      for (const buffer of buffers) if (buffer !== null) release(buffer);
      contexts.forEach(free);
      if (ms !== undefined) return ms;
    }
    return undefined;
  }

  /** Products with weights in a memory; without buffers where that memory isn't for them, or there is too little. */
  #build({ type, columns: width, rows, matrices, tokens }: Products, memory: Pointer) {
    const { init, matrix, product, sum, allocate, supports } = this.#graphs;
    const contexts = [init(contextParams), init(contextParams)] as const;
    const weights = Array.from({ length: matrices }, () => matrix(contexts[0], type, width, rows));
    const asked = matrix(contexts[1], float32, width, tokens);
    let first: Pointer | undefined;
    let last = asked;
    for (const each of weights) {
      last = product(contexts[1], each, last);
      first ??= last;
      if (matrices > 1) last = sum(contexts[1], last, asked);
    }
    const compute = this.#ready(contexts[1], last);
    const buffers: (Pointer | null)[] = [allocate(contexts[0], memory)];
    // Whether a memory suits is told of a tensor that lies there.
    const suits = buffers[0] !== null && supports(this.#device, first ?? last);
    buffers.push(suits ? allocate(contexts[1], this.#plain) : null);
    return { contexts, weights, asked, compute, buffers };
  }

  #ready(context: Pointer, result: Pointer): () => void {
    const { graph, expand, compute } = this.#graphs;
    const made = graph(context);
    expand(made, result);
    return () => void compute(this.#backend, made);
  }
}
