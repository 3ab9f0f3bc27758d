import * as z from 'zod';
import type { ManagedServer } from '../../core/managed-server.ts';

/** What a server says of its memory, per device. What it didn't say is undefined. */
export interface ServerMemoryReport {
  readonly weightsBytes: number | undefined;
  /** Set aside for keys and values when the server started. */
  readonly poolBytes: number | undefined;
  /** The cache has the size that was asked for, not what the card had left: all of it is the configuration's need. */
  readonly isPoolNeeded: boolean;
  /** Buffers and graphs of the computation itself. */
  readonly computeBytes: number | undefined;
  /** All that it takes on its GPUs together, from a server that has no parts to tell. */
  readonly deviceBytes: number | undefined;
  /** Bytes on a GPU and on the host, as far as the server says where its weights are. */
  readonly place: 'device' | 'host' | 'both' | 'unknown';
}

/** Of a server that says nothing. */
export const untoldMemory: ServerMemoryReport = {
  weightsBytes: undefined,
  poolBytes: undefined,
  isPoolNeeded: false,
  computeBytes: undefined,
  deviceBytes: undefined,
  place: 'unknown',
};

const unitBytes: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, GB: 2 ** 30 };

/** The largest of all values that a pattern finds: each of several workers says its own. */
function largestBytes(log: string, pattern: RegExp): number | undefined {
  const found = [...log.matchAll(pattern)].map(([, number, unit = 'GiB']) => Number(number) * (unitBytes[unit] ?? 1));
  return found.length === 0 ? undefined : found.reduce((most, value) => Math.max(most, value));
}

/** Lines of vLLM's log; each worker writes them for its own GPU. */
export function vllmMemory(log: string): ServerMemoryReport {
  return {
    weightsBytes: largestBytes(log, /Model loading took ([\d.]+) (GiB|GB)/g),
    poolBytes:
      largestBytes(log, /Available KV cache memory: ([\d.]+) (GiB)/g) ??
      // Where its size is given, nothing is left to be found.
      largestBytes(log, /reserved ([\d.]+) (GiB) memory for KV cache/gi),
    computeBytes: largestBytes(log, /Graph capturing finished in [\d.]+ secs, took ([\d.]+) (GiB)/g),
    isPoolNeeded: false,
    deviceBytes: undefined,
    place: 'device',
  };
}

const sglangInfo = z.looseObject({
  internal_states: z.array(
    z.looseObject({
      memory_usage: z.looseObject({
        weight: z.number().optional(),
        kvcache: z.number().optional(),
        graph: z.number().optional(),
        cuda_graph: z.number().optional(),
      }),
    }),
  ),
});

/** SGLang's `/get_server_info`; its GB are GiB. */
export function sglangMemory(value: unknown): ServerMemoryReport {
  const parsed = sglangInfo.safeParse(value);
  const usage = parsed.success ? parsed.data.internal_states[0]?.memory_usage : undefined;
  if (usage === undefined) return untoldMemory;
  const bytes = (gibibytes: number | undefined): number | undefined =>
    gibibytes === undefined ? undefined : gibibytes * 2 ** 30;
  return {
    weightsBytes: bytes(usage.weight),
    poolBytes: bytes(usage.kvcache),
    computeBytes: bytes(usage.graph ?? usage.cuda_graph),
    isPoolNeeded: false,
    deviceBytes: undefined,
    place: 'device',
  };
}

type BufferKind = 'model' | 'KV' | 'compute';

/** Where llama.cpp puts a buffer: `CUDA0`, `ROCm0`, `Vulkan0`, `Metal` are devices; `CPU…` and `…_Host` aren't. */
function isHostBuffer(device: string): boolean {
  return device.startsWith('CPU') || device.endsWith('_Host');
}

/** Bytes of each kind on each device, those of the host together under `host`. */
function llamaBuffers(log: string): ReadonlyMap<string, Readonly<Record<BufferKind, number>>> {
  const sums = new Map<string, Record<BufferKind, number>>();
  for (const match of log.matchAll(/(\S+) +(model|KV|compute) buffer size += +([\d.]+) (MiB|GiB|KiB)/g)) {
    const [, device = '', kind = 'model', number, unit = 'MiB'] = match;
    const place = isHostBuffer(device) ? 'host' : device;
    const sum = sums.get(place) ?? { model: 0, KV: 0, compute: 0 };
    sum[kind as BufferKind] += Number(number) * (unitBytes[unit] ?? 1);
    sums.set(place, sum);
  }
  return sums;
}

/** GPUs that hold a part of the model, by llama-server's log; undefined where it doesn't say. */
function llamaServerDevices(log: string): number | undefined {
  const sums = llamaBuffers(log);
  return sums.size === 0 ? undefined : [...sums].filter(([place, { model }]) => place !== 'host' && model > 0).length;
}

/** Buffers that llama-server's log names when it loads a model: `CUDA0 model buffer size = 4095.05 MiB`. */
export function llamaServerMemory(log: string): ServerMemoryReport {
  const sums = llamaBuffers(log);
  const devices = [...sums].filter(([place, { model }]) => place !== 'host' && model > 0).map(([, sum]) => sum);
  const host = sums.get('host');
  const fullest = devices.toSorted((left, right) => right.model - left.model)[0] ?? host;
  if (fullest === undefined) return untoldMemory;
  const place = devices.length === 0 ? 'host' : (host?.model ?? 0) > 0 && devicesAreFew(log) ? 'both' : 'device';
  const { model: weightsBytes, KV: poolBytes, compute: computeBytes } = fullest;
  return { weightsBytes, poolBytes, isPoolNeeded: true, computeBytes, deviceBytes: undefined, place };
}

/** `offloaded 20/33 layers to GPU`: the embeddings alone often stay on the host, which is no offloading. */
function devicesAreFew(log: string): boolean {
  const [, done, all] = /offloaded (\d+)\/(\d+) layers to GPU/.exec(log) ?? [];
  return done !== undefined && Number(done) < Number(all);
}

const ollamaList = z.looseObject({
  models: z.array(
    z.looseObject({ name: z.string(), model: z.string().optional(), size: z.number(), size_vram: z.number() }),
  ),
});

/** GPUs that hold a part of the model, by Ollama's log: lines of llama.cpp's, or its own. */
function ollamaDevices(log: string): number | undefined {
  const own = [...log.matchAll(/msg="model weights" device=(\S+)/g)].map(([, device = '']) => device);
  if (own.length === 0) return llamaServerDevices(log);
  return new Set(own.filter((device) => !isHostBuffer(device))).size;
}

/** What Ollama's `/api/ps` says of a model: all its memory, and the part on GPUs. It has no split. */
export function ollamaMemory(
  value: unknown,
  servedName: string,
): { readonly totalBytes: number; readonly deviceBytes: number } | undefined {
  const parsed = ollamaList.safeParse(value);
  if (!parsed.success) return undefined;
  const { models } = parsed.data;
  const names = [servedName, `${servedName}:latest`];
  const found = models.find(
    ({ name, model }) => names.includes(name) || (model !== undefined && names.includes(model)),
  );
  return found === undefined ? undefined : { totalBytes: found.size, deviceBytes: found.size_vram };
}

/** Flags of vLLM and SGLang that multiply the GPUs of a server, by all their spellings. */
const tensorFlags = ['--tensor-parallel-size', '-tp', '--tp-size', '--tp'];
const pipelineFlags = ['--pipeline-parallel-size', '-pp', '--pp-size', '--pp'];
const dataFlags = ['--data-parallel-size', '-dp', '--dp-size', '--dp'];

/** The number that a flag was given last, which is the one that counts. */
function numberOf(argv: readonly string[], names: readonly string[]): number | undefined {
  const values = argv.flatMap((word, index) => {
    const [name = '', joined] = word.split('=', 2);
    // vLLM takes underscores for dashes.
    return names.includes(name.replaceAll(/(?<=\w)_/g, '-')) ? [Number(joined ?? argv[index + 1])] : [];
  });
  const last = values.at(-1);
  return last !== undefined && Number.isInteger(last) && last > 0 ? last : undefined;
}

/** GPUs that a command line asks for. */
export function askedDevices(argv: readonly string[], tensorParallel: number): number {
  const tensor = numberOf(argv, tensorFlags) ?? tensorParallel;
  // SGLang's data-parallel attention divides the same GPUs once more.
  const copies = argv.includes('--enable-dp-attention') ? 1 : (numberOf(argv, dataFlags) ?? 1);
  return tensor * (numberOf(argv, pipelineFlags) ?? 1) * copies;
}

/**
 * GPUs that a server uses for its model, by its log where that names them, else by its command line; 1 on a host.
 *
 * @param log what the server wrote until the model was loaded
 */
export function serverDevices(
  { preset, gpus, tensorParallel }: ManagedServer,
  argv: readonly string[],
  log: string,
): number {
  switch (preset) {
    case 'vllm':
    case 'sglang':
      return askedDevices(argv, tensorParallel);
    case 'llama-server':
      return Math.max(1, llamaServerDevices(log) ?? gpus?.length ?? 1);
    case 'ollama':
      return Math.max(1, ollamaDevices(log) ?? 1);
    case undefined:
      return Math.max(1, llamaServerDevices(log) ?? askedDevices(argv, tensorParallel));
  }
}
