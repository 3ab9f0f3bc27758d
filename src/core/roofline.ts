/** How fast a machine multiplies with matrices of one type. */
export interface TypeRate {
  /** `ggml_type`. */
  readonly type: number;
  /** Such as `q4_K`. */
  readonly name: string;
  /** Of the weights, with one token: what reading and unpacking them allows. */
  readonly bytesPerSecond: number;
  /** Multiplications and additions, with many tokens at once: what computing allows. */
  readonly operationsPerSecond: number;
}

/** What a machine can do at best, measured with the kernels that models are computed with. */
export interface Roofline {
  readonly rates: readonly TypeRate[];
  /** Time of a step that does next to nothing: what its threads take to wait for each other. */
  readonly stepMs: number;
  readonly threads: number;
}

/** 16-bit floats: the type of caches, and of reading memory without unpacking anything. */
export const plainType = 1;
