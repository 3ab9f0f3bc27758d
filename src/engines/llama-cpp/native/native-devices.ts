import type { LibraryHandle } from 'koffi';
import type { Pointer } from './abi.ts';

/** `ggml_backend_dev_type`, in its order. */
const deviceKinds = ['cpu', 'gpu', 'integrated gpu', 'accelerator'] as const;

/** A device that a back-end of the library computes on. */
export interface NativeDevice {
  /** The library's own name, such as `CUDA0`. */
  readonly name: string;
  /** Such as `NVIDIA A10`. */
  readonly description: string;
  readonly kind: (typeof deviceKinds)[number] | 'other';
  /** As its driver tells them at the time of the call, in bytes. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** It is called a GPU and computes on the CPU, such as llvmpipe. */
  readonly isSoftware: boolean;
}

/** The GPUs that llama.cpp computes on: the processor's own only where there is no other. */
export function gpusOf(devices: readonly NativeDevice[]): readonly NativeDevice[] {
  const cards = devices.filter(({ kind }) => kind === 'gpu');
  return cards.length > 0 ? cards : devices.filter(({ kind }) => kind === 'integrated gpu');
}

const softwareNames = /llvmpipe|lavapipe|softpipe|swiftshader|basic render/i;

/** Binds what tells the devices of the loaded back-ends; each call asks their drivers anew. */
export function deviceList(ggml: LibraryHandle, base: LibraryHandle): () => readonly NativeDevice[] {
  const count = ggml.func('size_t ggml_backend_dev_count()');
  const get = ggml.func('void *ggml_backend_dev_get(size_t index)');
  const nameOf = base.func('const char *ggml_backend_dev_name(void *device)');
  const descriptionOf = base.func('const char *ggml_backend_dev_description(void *device)');
  const kindOf = base.func('int ggml_backend_dev_type(void *device)');
  const memoryOf = base.func('void ggml_backend_dev_memory(void *device, _Out_ size_t *free, _Out_ size_t *total)');
  return () =>
    Array.from({ length: Number(count()) }, (_, index): NativeDevice => {
      const device = get(index) as Pointer;
      const [free, total] = [[0], [0]] as [[number | bigint], [number | bigint]];
      memoryOf(device, free, total);
      const description = String(descriptionOf(device)).trim();
      return {
        name: String(nameOf(device)),
        description,
        kind: deviceKinds[Number(kindOf(device))] ?? 'other',
        freeBytes: Number(free[0]),
        totalBytes: Number(total[0]),
        isSoftware: softwareNames.test(description),
      };
    });
}
