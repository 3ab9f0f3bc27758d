import { countOf, sizeText } from '../core/amount-text.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import type { LlamaOptions } from '../core/llama-settings.ts';
import type { ModelNeeds } from './model-needs.ts';

/** A GPU that a plan is made for. */
export interface PlannedGpu {
  /** Such as `CUDA0`. */
  readonly name: string;
  /** Such as `NVIDIA A10`. */
  readonly description: string;
  readonly freeBytes: number;
}

export type PlacementOptions = Pick<LlamaOptions, 'gpuLayers' | 'splitMode' | 'gpuShares' | 'mainGpu' | 'hostExperts'>;

/** What one GPU is going to hold. */
export interface GpuPlan extends PlannedGpu {
  /** The output layer counts as one. */
  readonly layers: number;
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly computeBytes: number;
  readonly totalBytes: number;
}

/** Where the parts of a model go. Every number of bytes is an estimate. */
export interface PlacementPlan {
  /** On GPUs, the last ones first; the output layer counts as one, as in llama.cpp. */
  readonly gpuLayers: number;
  readonly allLayers: number;
  readonly splitMode: LlamaOptions['splitMode'];
  /** Part of the layers for each GPU, in their order; undefined where fewer than two are used. */
  readonly shares: readonly number[] | undefined;
  readonly mainGpu: number;
  /** First layers whose experts stay in host memory. */
  readonly hostExperts: number;
  readonly gpus: readonly GpuPlan[];
  /** Weights, cache and buffers in host memory. */
  readonly hostBytes: number;
}

/** More is asked of GPUs than is free on them. */
export class TooLargeError extends EnvironmentError {}

/** Left free where nobody says how many layers go to a GPU: pools of matrix products grow while it works. */
const keptFreeBytes = 512 * 2 ** 20;

const hint = 'Lower gpuLayers, contextTokens or concurrency, or leave gpuLayers out: as many as fit are taken then.';

/** Index of the GPU that llama.cpp gives a layer to, from the running sums of the shares (each of 1). */
function gpuOf(part: number, sums: readonly number[]): number {
  const found = sums.findIndex((sum) => sum > part);
  return found === -1 ? sums.length - 1 : found;
}

function runningSums(shares: readonly number[]): readonly number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  return shares.map((share) => {
    sum += share;
    return sum / total;
  });
}

interface Question {
  readonly needs: ModelNeeds;
  readonly gpus: readonly PlannedGpu[];
  /** Parts of the layers, one for each GPU. */
  readonly shares: readonly number[];
  readonly hostExperts: number;
}

/** What each GPU holds if the last `count` layers are on them. */
function fill({ needs, gpus, shares, hostExperts }: Question, count: number): readonly GpuPlan[] {
  const { layers, outputBytes, computeBytes } = needs;
  const sums = runningSums(shares);
  const start = layers.length + 1 - count;
  const filled = gpus.map((gpu) => ({ ...gpu, layers: 0, weightsBytes: 0, kvBytes: 0, computeBytes: 0 }));
  for (let index = start; index <= layers.length; index += 1) {
    const gpu = filled[gpuOf((index - start) / count, sums)];
    if (gpu === undefined) continue;
    const layer = layers[index] ?? { weightsBytes: outputBytes, expertBytes: 0, kvBytes: 0 };
    gpu.layers += 1;
    gpu.weightsBytes += layer.weightsBytes - (index < hostExperts ? layer.expertBytes : 0);
    gpu.kvBytes += layer.kvBytes;
    gpu.computeBytes = computeBytes;
  }
  return filled.map((gpu) => ({ ...gpu, totalBytes: gpu.weightsBytes + gpu.kvBytes + gpu.computeBytes }));
}

/** Which GPUs are used, and for which parts of the layers. */
function sharesOf(name: string, gpus: readonly PlannedGpu[], options: PlacementOptions): readonly number[] {
  const { splitMode, gpuShares, mainGpu } = options;
  const machine = gpus.length === 1 ? 'there is one GPU' : `there are ${gpus.length} GPUs`;
  if (mainGpu >= gpus.length) {
    throw new UsageError(`${name}: mainGpu ${mainGpu}: ${machine}, counted from 0`, {
      hint: 'perbench doctor lists them.',
    });
  }
  if (splitMode === 'none') return gpus.map((_, index) => (index === mainGpu ? 1 : 0));
  if (gpuShares === undefined) return gpus.map(({ freeBytes }) => freeBytes);
  if (gpuShares.length !== gpus.length) {
    throw new UsageError(`${name}: gpuShares has ${countOf(gpuShares.length, 'part')}, but ${machine}`, {
      hint: 'Give one number for each GPU that perbench doctor lists.',
    });
  }
  if (gpuShares.every((share) => share === 0)) {
    throw new UsageError(`${name}: gpuShares are all 0`, { hint: 'Give at least one GPU a part.' });
  }
  return gpuShares;
}

/** Most layers that leave so much free on every GPU. */
function mostLayers(question: Question, spareBytes: number): number {
  const all = question.needs.layers.length + 1;
  const fits = (count: number): boolean =>
    fill(question, count).every(
      ({ layers, totalBytes, freeBytes }) => layers === 0 || totalBytes + spareBytes <= freeBytes,
    );
  for (let count = all; count > 0; count -= 1) if (fits(count)) return count;
  return 0;
}

/** @throws {TooLargeError} with what is needed, what is free, and how many fit */
function requireFit(name: string, question: Question, count: number): void {
  const full = fill(question, count).find(({ totalBytes, freeBytes }) => totalBytes > freeBytes);
  if (full === undefined) return;
  const { layers, totalBytes, description, freeBytes } = full;
  const most = mostLayers(question, 0);
  const fit = most === 0 ? 'none fits' : `at most ${most} fit${question.gpus.length > 1 ? ' on all GPUs' : ''}`;
  throw new TooLargeError(
    `${name}: ${layers} layers need about ${sizeText(totalBytes)} on ${description}, ${sizeText(freeBytes)} are free: ${fit}`,
    { hint },
  );
}

function hostBytesOf({ needs, hostExperts }: Question, gpuLayers: number): number {
  const { layers, inputBytes, outputBytes, computeBytes } = needs;
  const onHost = layers.length + 1 - gpuLayers;
  const inLayers = layers.reduce((sum, { weightsBytes, expertBytes, kvBytes }, index) => {
    if (index < onHost) return sum + weightsBytes + kvBytes;
    return index < hostExperts ? sum + expertBytes : sum;
  }, 0);
  // A table that serves as output too is in host memory once.
  return inputBytes + (gpuLayers === 0 ? Math.max(0, outputBytes - inputBytes) : 0) + inLayers + computeBytes;
}

/**
 * Decides which layers go to which GPU, as llama.cpp does with the same settings: the last layers first, the output
 * layer counted as one, split over the GPUs in proportion to their shares. Nothing said means as many as fit into the
 * free memory, with 512 MiB of each GPU left free; more than the model has means all.
 *
 * Split by row, the weights of a layer are spread over the GPUs, which comes to the same sums.
 *
 * @param gpus those that the library will use, in its order; without any, everything is on the host
 * @throws {UsageError} for GPUs or shares that the machine doesn't have
 * @throws {TooLargeError} if more layers are asked for than fit
 * @throws {EnvironmentError} for layers on GPUs where there are none
 */
export function planPlacement(
  name: string,
  needs: ModelNeeds,
  gpus: readonly PlannedGpu[],
  options: PlacementOptions,
): PlacementPlan {
  const { gpuLayers: asked, splitMode } = options;
  const all = needs.layers.length + 1;
  const hostExperts = Math.min(needs.layers.length, options.hostExperts === 'all' ? all : (options.hostExperts ?? 0));
  const wanted = asked === 'all' ? all : asked === undefined ? undefined : Math.min(asked, all);
  if (gpus.length === 0 && wanted !== undefined && wanted > 0) {
    throw new EnvironmentError(`${name}: gpuLayers ${String(asked)}: there is no GPU here`, {
      hint: 'Leave gpuLayers out. perbench doctor tells which devices are found.',
    });
  }
  const shares = gpus.length === 0 ? [] : sharesOf(name, gpus, options);
  const question = { needs, gpus, shares, hostExperts };
  const gpuLayers = gpus.length === 0 ? 0 : (wanted ?? mostLayers(question, keptFreeBytes));
  requireFit(name, question, gpuLayers);
  return {
    gpuLayers,
    allLayers: all,
    splitMode,
    shares: gpus.length < 2 || splitMode === 'none' ? undefined : shares,
    mainGpu: options.mainGpu,
    hostExperts,
    gpus: fill(question, gpuLayers),
    hostBytes: hostBytesOf(question, gpuLayers),
  };
}
