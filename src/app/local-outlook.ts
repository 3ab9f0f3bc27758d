import type { ModelSpec } from '../core/engine.ts';
import { parseEngineOptions } from '../core/engine-options.ts';
import { EnvironmentError, UsageError } from '../core/errors.ts';
import type { LlamaOptions } from '../core/llama-settings.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { chooseDevice } from '../engines/llama-cpp/choose-device.ts';
import { llamaOptionsSchema } from '../engines/llama-cpp/llama-options.ts';
import { placingOrder } from '../engines/llama-cpp/place-model.ts';
import type { ModelOutline } from '../gguf/model-outline.ts';
import { type PlacementPlan, type PlannedGpu, planPlacement } from '../gguf/plan-placement.ts';
import { memoryOfOutline } from '../sources/model-memory.ts';
import type { GpuSupply } from './gpu-outlook.ts';

/** What a GGUF model would take on this machine, or on one that is assumed. */
export interface LocalOutlook {
  /** Peak of its process, or of each GPU that it is on; undefined where its settings can't be. */
  readonly memoryBytes: number | undefined;
  /** What of it is in host memory. */
  readonly hostBytes: number | undefined;
  /** Undefined where the CPU computes it. */
  readonly placement: PlacementPlan | undefined;
  /** Why it can't be placed as it is set. */
  readonly problem: string | undefined;
}

export interface LocalQuestion {
  readonly name: string;
  readonly outline: ModelOutline;
  /** Undefined of a file that a server is given, which places it by itself. */
  readonly options: LlamaOptions | undefined;
  readonly contextTokens: number;
  readonly sequences: number;
  /** See ModelUse. */
  readonly keepsWindow?: boolean;
  /** GPUs that somebody assumes; else those of this machine are asked. */
  readonly supply?: GpuSupply;
  readonly chooseDevice?: typeof chooseDevice | undefined;
}

function assumedGpus({ count = 1, memoryBytes = 0 }: GpuSupply): readonly PlannedGpu[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `GPU${index}`,
    description: `assumed GPU ${index}`,
    freeBytes: memoryBytes,
  }));
}

/** How perbench would place a model that is a file; undefined where a server is given the file. */
export function placedOptions(model: Pick<ModelSpec, 'name' | 'engine' | 'engineOptions'>): LlamaOptions | undefined {
  return model.engine === 'llama' ? parseEngineOptions(llamaOptionsSchema, model.engine, model) : undefined;
}

/** The GPUs that the model would be on: none where the CPU computes it. */
async function gpusFor(options: LlamaOptions, { supply, ...question }: LocalQuestion): Promise<readonly PlannedGpu[]> {
  if (options.device === 'cpu' || options.kernels !== undefined) return [];
  if (supply?.from === 'assumed' && supply.memoryBytes !== undefined) return assumedGpus(supply);
  const { devices } = await (question.chooseDevice ?? chooseDevice)(options.device);
  return devices;
}

/**
 * Estimates what a GGUF model takes and where it goes, as the engine will place it: from the header of its file and the
 * memory that is free now.
 */
export async function localOutlook(question: LocalQuestion): Promise<LocalOutlook> {
  const { name, outline, options, contextTokens, sequences, keepsWindow = true } = question;
  const onHost = (placement?: PlacementPlan): LocalOutlook => {
    const { totalBytes } = memoryOfOutline(outline, { ...options, contextTokens, sequences, keepsWindow });
    return { memoryBytes: totalBytes, hostBytes: totalBytes, placement, problem: undefined };
  };
  if (options === undefined) return onHost();
  try {
    const gpus = await gpusFor(options, question);
    const use = { contextTokens, concurrency: sequences };
    const { needs } = placingOrder(name, outline, options, use, gpus.length === 0);
    const placement = planPlacement(name, needs, gpus, options);
    const used = placement.gpus.filter(({ layers }) => layers > 0);
    if (used.length === 0) return onHost(gpus.length === 0 ? undefined : placement);
    const memoryBytes = used.reduce((sum, { totalBytes }) => sum + totalBytes, 0) / used.length;
    return { memoryBytes, hostBytes: placement.hostBytes, placement, problem: undefined };
  } catch (error) {
    if (!(error instanceof EnvironmentError || error instanceof UsageError)) throw error;
    return {
      memoryBytes: undefined,
      hostBytes: undefined,
      placement: undefined,
      problem: withRemedy(error.message, error.hint),
    };
  }
}
