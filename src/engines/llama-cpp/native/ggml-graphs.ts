import koffi from 'koffi';
import type { LibraryLocation } from '../library-location.ts';
import type { Pointer } from './abi.ts';

/** Functions of ggml's graphs, as `ggml.h` and `ggml-backend.h` declare them. */
export function bindGraphs({ ggmlBase, ggml }: LibraryLocation) {
  const base = koffi.load(ggmlBase);
  const params = koffi.struct({ mem_size: 'size_t', mem_buffer: 'void *', no_alloc: 'bool' });
  koffi.alias('perbench_ggml_params', params);
  const backends = koffi.load(ggml);
  const own = <F>(prototype: string, library = base): F => library.func(prototype) as unknown as F;
  return {
    init: own<(params: object) => Pointer>('void *ggml_init(perbench_ggml_params params)'),
    free: own<(context: Pointer) => void>('void ggml_free(void *context)'),
    matrix: own<(context: Pointer, type: number, columns: number, rows: number) => Pointer>(
      'void *ggml_new_tensor_2d(void *context, int type, int64_t columns, int64_t rows)',
    ),
    product: own<(context: Pointer, weights: Pointer, tokens: Pointer) => Pointer>(
      'void *ggml_mul_mat(void *context, void *weights, void *tokens)',
    ),
    sum: own<(context: Pointer, left: Pointer, right: Pointer) => Pointer>(
      'void *ggml_add(void *context, void *left, void *right)',
    ),
    graph: own<(context: Pointer) => Pointer>('void *ggml_new_graph(void *context)'),
    expand: own<(graph: Pointer, tensor: Pointer) => void>('void ggml_build_forward_expand(void *graph, void *tensor)'),
    allocate: own<(context: Pointer, memory: Pointer) => Pointer | null>(
      'void *ggml_backend_alloc_ctx_tensors_from_buft(void *context, void *memory)',
    ),
    release: own<(buffer: Pointer) => void>('void ggml_backend_buffer_free(void *buffer)'),
    write: own<(tensor: Pointer, data: Uint8Array, offset: number, bytes: number) => void>(
      'void ggml_backend_tensor_set(void *tensor, const uint8_t *data, size_t offset, size_t bytes)',
    ),
    compute: own<(backend: Pointer, graph: Pointer) => number>(
      'int ggml_backend_graph_compute(void *backend, void *graph)',
    ),
    start: own<(device: Pointer, settings: null) => Pointer>(
      'void *ggml_backend_dev_init(void *device, const char *settings)',
    ),
    supports: own<(device: Pointer, tensor: Pointer) => boolean>(
      'bool ggml_backend_dev_supports_op(void *device, void *tensor)',
    ),
    rowBytes: own<(type: number, columns: number) => number | bigint>(
      'size_t ggml_row_size(int type, int64_t columns)',
    ),
    typeName: own<(type: number) => string | null>('const char *ggml_type_name(int type)'),
    quantize: own<
      (
        type: number,
        from: Float32Array,
        to: Uint8Array,
        start: number,
        rows: number,
        columns: number,
        weights: Float32Array,
      ) => number
    >(
      'size_t ggml_quantize_chunk(int type, const float *from, uint8_t *to, int64_t start, int64_t rows, int64_t columns, const float *weights)',
    ),
    procedure: own<(registry: Pointer, name: string) => Pointer | null>(
      'void *ggml_backend_reg_get_proc_address(void *registry, const char *name)',
    ),
    registry: own<(name: string) => Pointer>('void *ggml_backend_reg_by_name(const char *name)', backends),
    device: own<(name: string) => Pointer>('void *ggml_backend_dev_by_name(const char *name)', backends),
  };
}

export type GgmlGraphs = ReturnType<typeof bindGraphs>;
