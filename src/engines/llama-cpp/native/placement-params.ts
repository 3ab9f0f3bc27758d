import koffi from 'koffi';
import { allocate, type ParamsRecord, type Pointer } from './abi.ts';
import type { NativeLibrary } from './library.ts';

/** Where the parts of a model go. */
export interface Placement {
  /** Layers on GPUs, the last ones first; the output layer counts as one, as in llama.cpp. */
  readonly gpuLayers: number;
  readonly splitMode: 'layer' | 'row' | 'none';
  /** Part of the layers for each GPU, in the library's order; undefined where there is one. */
  readonly shares: readonly number[] | undefined;
  readonly mainGpu: number;
  /** First layers whose experts stay in host memory. */
  readonly hostExperts: number;
}

export const onHost: Placement = {
  gpuLayers: 0,
  splitMode: 'layer',
  shares: undefined,
  mainGpu: 0,
  hostExperts: 0,
};

/** `llama_split_mode`. */
const splitModeNumbers = { none: 0, layer: 1, row: 2 } as const;
/** The library reads as many shares as it has devices at most (`llama_max_devices`). */
const mostDevices = 128;

const bufferOverride = koffi.struct('perbench_tensor_buft_override', { pattern: 'void *', buft: 'void *' });

/** A C string that lives as long as the process: the library keeps the pointer. */
function keptText(text: string): Pointer {
  const bytes = Buffer.from(`${text}\0`);
  const { pointer, memory } = allocate('uint8_t', 1, bytes.length);
  new Uint8Array(memory).set(bytes);
  return pointer;
}

function keptShares(shares: readonly number[]): Pointer {
  const { pointer, memory } = allocate('float', Float32Array.BYTES_PER_ELEMENT, mostDevices);
  const all = new Float32Array(memory);
  all.fill(0);
  all.set(shares);
  return pointer;
}

/** `llama_model_tensor_buft_override` for the experts of the first layers, ended by an empty one. */
function keptOverrides(library: NativeLibrary, layers: number): Pointer {
  const buft = library.hostBufferType();
  const overrides = Array.from({ length: layers }, (_, layer) => ({
    pattern: keptText(String.raw`blk\.${layer}\.ffn_(up|down|gate|gate_up)_(ch|)exps`),
    buft,
  }));
  const pointer: Pointer = koffi.address(koffi.alloc(bufferOverride, layers + 1));
  koffi.encode(pointer, koffi.array(bufferOverride, layers + 1), [...overrides, { pattern: null, buft: null }]);
  return pointer;
}

/** The members of `llama_model_params` that say where a model goes. */
export function placementParams(library: NativeLibrary, placement: Placement): ParamsRecord {
  const { gpuLayers, splitMode, shares, mainGpu, hostExperts } = placement;
  return {
    n_gpu_layers: gpuLayers,
    split_mode: splitModeNumbers[splitMode],
    main_gpu: mainGpu,
    tensor_split: shares === undefined ? null : keptShares(shares),
    tensor_buft_overrides: hostExperts === 0 ? null : keptOverrides(library, hostExperts),
  };
}
