import { UsageError } from '../../core/errors.ts';
import type { EngineOptions } from '../../core/engine.ts';
import type { LlamaOptions } from '../../core/llama-settings.ts';
import { cacheTypeProblem, type ModelNeeds, needsOfModel, usualContextTokens } from '../../gguf/model-needs.ts';
import type { ModelOutline } from '../../gguf/model-outline.ts';
import {
  type PlacementOptions,
  type PlacementPlan,
  type PlannedGpu,
  planPlacement,
} from '../../gguf/plan-placement.ts';
import type { LibraryLocation } from './library-location.ts';
import { gpusOf, type NativeDevice } from './native/native-devices.ts';

/** What the engine's process must know to place a model: it alone sees the devices when they are needed. */
export interface PlacingOrder {
  readonly name: string;
  readonly needs: ModelNeeds;
  readonly options: PlacementOptions;
}

/**
 * Refuses settings that can't be for this model, before anything is loaded.
 *
 * @throws {UsageError} in one line
 */
function checkPlacing(name: string, outline: ModelOutline, options: LlamaOptions, isOnCpu: boolean): void {
  const { kvCache, hostExperts } = options;
  const problem = cacheTypeProblem(outline, kvCache);
  if (problem !== undefined) {
    throw new UsageError(`${name}: ${problem}`, { hint: 'Set `kvCache` to f16, bf16 or f32.' });
  }
  const forGpus = gpuSetting(options);
  if (isOnCpu && forGpus !== undefined) {
    throw new UsageError(`${name}: ${forGpus} is for GPUs, but the CPU computes it`, {
      hint: `Leave ${forGpus} out, or choose a GPU by \`device\`: perbench doctor lists them.`,
    });
  }
  if (hostExperts === undefined || hostExperts === 0) return;
  if (outline.layers.every(({ expertBytes }) => expertBytes === 0)) {
    throw new UsageError(`${name}: hostExperts is for mixtures of experts, which this model isn't`, {
      hint: 'Leave hostExperts out.',
    });
  }
}

/** The first setting that does nothing without a GPU. */
function gpuSetting({ gpuLayers = 0, gpuShares, splitMode, mainGpu }: LlamaOptions): string | undefined {
  if (gpuLayers !== 0) return 'gpuLayers';
  if (gpuShares !== undefined) return 'gpuShares';
  if (splitMode !== 'layer') return 'splitMode';
  return mainGpu === 0 ? undefined : 'mainGpu';
}

/**
 * What is known of a placement before the devices are asked.
 *
 * @param isOnCpu no GPU is going to be asked
 * @throws {UsageError} for settings that this model can't have
 */
export function placingOrder(
  name: string,
  outline: ModelOutline,
  options: LlamaOptions,
  { contextTokens, concurrency = 1 }: EngineOptions,
  isOnCpu: boolean,
): PlacingOrder {
  checkPlacing(name, outline, options, isOnCpu);
  const usual = Math.min(usualContextTokens, outline.trainedContextTokens ?? usualContextTokens);
  const needs = needsOfModel(outline, {
    ...options,
    contextTokens: options.contextTokens ?? contextTokens ?? usual,
    sequences: concurrency,
  });
  return { name, needs, options };
}

/** The devices as they are once a model is placed on them. */
export function leftBy<Device extends PlannedGpu>(
  plan: PlacementPlan | undefined,
  devices: readonly Device[],
): readonly Device[] {
  return devices.map((device) => {
    const { totalBytes = 0 } = plan?.gpus.find(({ name }) => name === device.name) ?? {};
    return { ...device, freeBytes: device.freeBytes - totalBytes };
  });
}

/** What decides how numbers are rounded beside the library: the GPU's kernels, and which layers they compute. */
export function roundingParts(
  devices: readonly Pick<PlannedGpu, 'description'>[],
  { gpuLayers, allLayers }: PlacementPlan,
): readonly string[] {
  const names = [...new Set(devices.map(({ description }) => description))];
  return names.length === 0 || gpuLayers === allLayers ? names : [...names, `${gpuLayers} of ${allLayers} layers`];
}

/**
 * Places a model on the devices as they are now.
 *
 * @throws {UsageError | EnvironmentError} as `planPlacement`
 */
export function placeModel(
  { name, needs, options }: PlacingOrder,
  library: LibraryLocation,
  devices: readonly NativeDevice[],
): PlacementPlan {
  return planPlacement(name, needs, library.device === 'cpu' ? [] : gpusOf(devices), options);
}
