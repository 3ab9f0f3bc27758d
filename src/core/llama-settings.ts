import type * as z from 'zod';
import { choice, section, shapeOf, text, whole, wholeOr, type ShapeOf, type Zod } from './settings.ts';

export const deviceChoices = ['auto', 'cpu', 'cuda', 'vulkan', 'metal'] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** Types of the key-value cache, by the names of ggml. */
export const cacheTypes = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const;
export type CacheType = (typeof cacheTypes)[number];

const answers = (label: string) => ({ decides: 'both', inKey: 'content', label }) as const;
/** The same answers at another speed: they are asked once for all values. */
const speed = (label: string) => ({ decides: 'performance', inKey: 'content', label }) as const;

/** Undefined is as many as fit. */
function layersOnGpus(zod: Zod): z.ZodType<number | 'all' | undefined, number | 'all' | 'none' | 'auto'> {
  const words = [zod.literal('none').transform(() => 0), zod.literal('auto').transform(() => undefined)] as const;
  return zod.union([zod.int().min(0), zod.literal('all'), ...words]);
}

/**
 * How a GGUF model is run in process: `engineOptions` of the llama engine, and what `vary` of such a model may vary. A
 * setting that decides only performance is no part of what identifies answers.
 */
export const llamaSettings = {
  device: choice(deviceChoices, {
    ...answers('device'),
    fallback: 'auto',
    help: 'where the model is computed; auto takes a GPU if there is a real one and its package is installed',
  }),
  kernels: text({ ...answers('CPU kernels'), help: 'variant of the CPU kernels, such as haswell' }),
  chatTemplate: text({ ...answers('chat template'), help: "file with a chat template (Jinja) instead of the model's" }),
  kvCache: choice(cacheTypes, { ...answers('key-value cache'), fallback: 'f16', help: 'type of the key-value cache' }),
  flashAttention: choice(['auto', 'on', 'off'], {
    ...answers('flash attention'),
    fallback: 'auto',
    help: 'flash attention; a quantised value cache needs it',
  }),
  gpuLayers: section(layersOnGpus, {
    ...answers('layers on the GPU'),
    help: 'layers on the GPUs: a number, all, or none',
    otherwise: 'auto, as many as fit into the free memory of the GPUs',
  }),
  splitMode: choice(['layer', 'row', 'none'], {
    ...answers('split over GPUs'),
    fallback: 'layer',
    help: 'how a model is split over several GPUs; none takes the main one alone',
  }),
  gpuShares: section((zod) => zod.array(zod.number().min(0)).min(1), {
    ...answers('shares of the GPUs'),
    help: 'parts of the model for each GPU, such as [3, 1]; by default by their free memory',
  }),
  mainGpu: whole({ ...answers('main GPU'), min: 0, fallback: 0, help: 'GPU for what is not split, from 0' }),
  hostExperts: wholeOr('all', {
    ...answers('layers with experts on the host'),
    min: 0,
    help: 'layers of a mixture-of-experts model whose experts stay in host memory',
    otherwise: 'none',
  }),
  threads: whole({ ...speed('threads'), min: 1, max: 1024, help: 'CPU threads', otherwise: "the suite's" }),
  contextTokens: whole({
    ...answers('tokens per sequence'),
    min: 64,
    help: 'tokens per sequence',
    otherwise: "the suite's",
  }),
  draft: text({
    ...speed('draft model'),
    argument: 'model',
    help: 'small model with the same vocabulary that proposes tokens (speculative decoding), or none',
  }),
  draftTokens: whole({
    ...speed('tokens per draft'),
    min: 1,
    max: 64,
    fallback: 8,
    help: 'tokens that a draft proposes',
  }),
} as const;

const wholeTypes: ReadonlySet<CacheType> = new Set(['f32', 'f16', 'bf16']);

export function llamaSchema(zod: Zod): z.ZodObject<ShapeOf<typeof llamaSettings>, z.core.$strict> {
  return zod
    .strictObject(shapeOf(llamaSettings, zod))
    .refine(({ kvCache, flashAttention }) => flashAttention !== 'off' || wholeTypes.has(kvCache), {
      path: ['flashAttention'],
      error: 'a quantised key-value cache needs it: expected "auto" or "on"',
    });
}

export type LlamaOptions = z.output<ReturnType<typeof llamaSchema>>;
