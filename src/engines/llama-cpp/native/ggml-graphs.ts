import koffi from 'koffi';
import type { LibraryLocation } from '../library-location.ts';
import type { Pointer } from './abi.ts';

/** `struct ggml_init_params`. */
export interface ContextParams {
  readonly mem_size: number;
  readonly mem_buffer: null;
  readonly no_alloc: boolean;
}

/** Functions of ggml that make and compute graphs, by our names. */
export interface GgmlGraphs {
  readonly init: (params: ContextParams) => Pointer;
  readonly free: (context: Pointer) => void;
  readonly matrix: (context: Pointer, type: number, columns: number, rows: number) => Pointer;
  readonly product: (context: Pointer, weights: Pointer, tokens: Pointer) => Pointer;
  readonly sum: (context: Pointer, left: Pointer, right: Pointer) => Pointer;
  readonly graph: (context: Pointer) => Pointer;
  readonly expand: (graph: Pointer, tensor: Pointer) => void;
  /** Takes memory of a type for all tensors of a context that have none; null where there is too little. */
  readonly allocate: (context: Pointer, memory: Pointer) => Pointer | null;
  readonly release: (buffer: Pointer) => void;
  readonly write: (tensor: Pointer, data: Uint8Array, offset: number, bytes: number) => void;
  readonly compute: (backend: Pointer, graph: Pointer) => number;
  readonly start: (device: Pointer, settings: null) => Pointer;
  readonly supports: (device: Pointer, tensor: Pointer) => boolean;
  readonly rowBytes: (type: number, columns: number) => number | bigint;
  readonly typeName: (type: number) => string | null;
  readonly quantize: (
    type: number,
    from: Float32Array,
    to: Uint8Array,
    start: number,
    rows: number,
    columns: number,
    importance: Float32Array,
  ) => number | bigint;
  /** A function of a back-end that isn't exported. */
  readonly procedure: (registry: Pointer, name: string) => Pointer | null;
  readonly registry: (name: string) => Pointer;
  readonly device: (name: string) => Pointer;
}

/** As `ggml.h` and `ggml-backend.h` declare them. */
const prototypes: Readonly<Record<Exclude<keyof GgmlGraphs, 'registry' | 'device'>, string>> = {
  init: 'void *ggml_init(perbench_graph_params params)',
  free: 'void ggml_free(void *context)',
  matrix: 'void *ggml_new_tensor_2d(void *context, int type, int64_t columns, int64_t rows)',
  product: 'void *ggml_mul_mat(void *context, void *weights, void *tokens)',
  sum: 'void *ggml_add(void *context, void *left, void *right)',
  graph: 'void *ggml_new_graph(void *context)',
  expand: 'void ggml_build_forward_expand(void *graph, void *tensor)',
  allocate: 'void *ggml_backend_alloc_ctx_tensors_from_buft(void *context, void *memory)',
  release: 'void ggml_backend_buffer_free(void *buffer)',
  write: 'void ggml_backend_tensor_set(void *tensor, const uint8_t *data, size_t offset, size_t bytes)',
  compute: 'int ggml_backend_graph_compute(void *backend, void *graph)',
  start: 'void *ggml_backend_dev_init(void *device, const char *settings)',
  supports: 'bool ggml_backend_dev_supports_op(void *device, void *tensor)',
  rowBytes: 'size_t ggml_row_size(int type, int64_t columns)',
  typeName: 'const char *ggml_type_name(int type)',
  quantize:
    'size_t ggml_quantize_chunk(int type, const float *from, uint8_t *to, int64_t start, int64_t rows, int64_t columns, const float *importance)',
  procedure: 'void *ggml_backend_reg_get_proc_address(void *registry, const char *name)',
};

/** Once in a process: the name of the struct can't be given twice. */
export function bindGraphs({ ggmlBase, ggml }: LibraryLocation): GgmlGraphs {
  koffi.struct('perbench_graph_params', { mem_size: 'size_t', mem_buffer: 'void *', no_alloc: 'bool' });
  const [base, backends] = [koffi.load(ggmlBase), koffi.load(ggml)];
  const bound = Object.entries(prototypes).map(([name, prototype]) => [name, base.func(prototype)] as const);
  return {
    ...Object.fromEntries(bound),
    registry: backends.func('void *ggml_backend_reg_by_name(const char *name)'),
    device: backends.func('void *ggml_backend_dev_by_name(const char *name)'),
  } as unknown as GgmlGraphs;
}
