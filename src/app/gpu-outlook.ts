import { askedBudget } from '../core/model-setting.ts';
import { isFileServer } from '../core/managed-server.ts';
import { managedServerSchema, type Suite } from '../core/suite.ts';
import type { GpuFacts } from '../core/manifest.ts';
import { sizeText } from '../core/amount-text.ts';
import { plannedConcurrency } from '../run/protocol.ts';
import { attentionShapes, type GpuMemoryEstimate, estimateGpuMemory } from '../sources/gpu-memory-estimate.ts';
import { catalogue } from '../sources/catalogue.ts';
import type { NamedModel } from './prepare-models.ts';

/** GPUs that a plan is made for. */
export interface GpuSupply {
  /** Undefined: as many as each model asks for. */
  readonly count: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Such as `2 x NVIDIA A10`, or `assumed`. */
  readonly from: string;
}

/** What a model with a server of its own asks of GPUs. */
export interface GpuOutlook {
  readonly gpus: number;
  /** Of each GPU; undefined where the catalogue doesn't know the model. */
  readonly perGpu: GpuMemoryEstimate | undefined;
  readonly weightsBytes: number | undefined;
  readonly fits: boolean | undefined;
  /** Why it doesn't fit. */
  readonly problem: string | undefined;
}

const assumedContextTokens = 4096;
/** What vLLM takes of a card where it isn't told otherwise. */
const usualShare = 0.92;
const gibibyte = 2 ** 30;

/** The GPUs of this machine, or those that somebody assumes. */
export function gpuSupply(
  found: readonly Pick<GpuFacts, 'name' | 'memoryBytes'>[],
  assumed: { readonly memoryBytes: number | undefined; readonly count: number | undefined },
): GpuSupply {
  if (assumed.memoryBytes !== undefined || assumed.count !== undefined) {
    return {
      count: assumed.count ?? (assumed.memoryBytes === undefined ? found.length : undefined),
      memoryBytes: assumed.memoryBytes ?? found[0]?.memoryBytes,
      from: 'assumed',
    };
  }
  const known = found.map(({ memoryBytes }) => memoryBytes).filter((bytes) => bytes !== undefined);
  const names = [...new Set(found.map(({ name }) => name))].join(', ');
  return {
    count: found.length,
    memoryBytes: known.length === 0 ? undefined : Math.min(...known),
    from: found.length === 0 ? 'none found' : `${found.length} x ${names}`,
  };
}

function problemOf(
  name: string,
  gpus: number,
  needBytes: number | undefined,
  share: number,
  supply: GpuSupply,
): string | undefined {
  const need = needBytes === undefined ? '' : ` with about ${sizeText(needBytes)}${gpus === 1 ? '' : ' each'}`;
  const wanted = `${name} needs ${gpus === 1 ? 'a GPU' : `${gpus} GPUs`}${need}`;
  if (supply.count === 0) return `${wanted}; none found (to plan for another machine: --gpu-memory 80GiB)`;
  if (supply.count !== undefined && supply.count < gpus) return `${wanted}; only ${supply.count} available`;
  if (needBytes === undefined || supply.memoryBytes === undefined) return undefined;
  const usable = supply.memoryBytes * share;
  if (needBytes <= usable) return undefined;
  return `${wanted}; ${sizeText(usable)} of ${sizeText(supply.memoryBytes)} are usable`;
}

/**
 * What a model asks of GPUs, where a server loads it by name; undefined for models that perbench loads or is given the
 * address of.
 */
export function gpuOutlook(model: NamedModel, suite: Suite, supply: GpuSupply): GpuOutlook | undefined {
  const parsed = managedServerSchema.safeParse(model.engineOptions['server']);
  if (!parsed.success || isFileServer(parsed.data)) return undefined;
  const server = parsed.data;
  if (server.preset !== 'vllm' && server.preset !== 'sglang') return undefined;
  const entry = catalogue.find(({ name, hubId }) => hubId === model.source || name === model.source);
  const { tensorParallel, dtype, kvCacheGiB, memoryShare = usualShare } = server;
  const perGpu =
    entry === undefined
      ? undefined
      : estimateGpuMemory({
          parameters: entry.parameters,
          shape: attentionShapes[entry.name],
          dtype,
          tensorParallel,
          contextTokens:
            server.contextTokens ?? suite.contextTokens ?? assumedContextTokens + askedBudget(model.setting.thinking),
          sequences: server.sequences ?? plannedConcurrency(suite),
          // SGLang has no such setting.
          kvCacheBytes: server.preset === 'vllm' && kvCacheGiB !== undefined ? kvCacheGiB * gibibyte : undefined,
        });
  const problem = problemOf(model.name, tensorParallel, perGpu?.totalBytes, memoryShare, supply);
  const isUnknown = perGpu === undefined || (supply.memoryBytes === undefined && supply.count !== 0);
  return {
    gpus: tensorParallel,
    perGpu,
    weightsBytes: perGpu === undefined ? undefined : perGpu.weightsBytes * tensorParallel,
    fits: problem !== undefined ? false : isUnknown ? undefined : true,
    problem,
  };
}
