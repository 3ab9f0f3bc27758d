import type { Needs } from '../../core/cluster.ts';
import type { ModelSpec } from '../../core/engine.ts';
import { parseEngineOptions } from '../../core/engine-options.ts';
import type { HostFacts } from '../../core/manifest.ts';
import { managedServerSchema, type Suite } from '../../core/suite.ts';
import { sizeText } from '../../core/amount-text.ts';
import { askedDevices } from '../../engines/served/server-reports.ts';
import { llamaOptionsSchema } from '../../engines/llama-cpp/llama-options.ts';
import { usualContextTokens } from '../../gguf/model-needs.ts';
import { readModelOutline } from '../../gguf/model-outline.ts';
import type { PlannedModel, RunPlan } from '../../run/plan.ts';
import { plannedConcurrency } from '../../run/protocol.ts';
import { memoryOfOutline } from '../../sources/model-memory.ts';
import { budgetOfSpec } from '../prepare-models.ts';

/** Of perbench itself, its data and what it keeps of answers, beside the model's own process. */
const ownBytes = 2 ** 30;

/** GPUs that a model takes, as its settings say; known before its file is here. */
export function gpusOf(
  suite: Pick<Suite, 'hosts'>,
  { engine, engineOptions }: Pick<ModelSpec, 'engine' | 'engineOptions'>,
): number {
  const isOnGpus = suite.hosts?.gpu !== undefined || (suite.hosts?.gpus ?? 0) > 0;
  const isOnCpu = !isOnGpus && suite.hosts?.cpu !== undefined;
  if (engine === 'managed') {
    const { preset, gpus = [], tensorParallel, arguments: words } = managedServerSchema.parse(engineOptions['server']);
    const isByName = preset === 'vllm' || preset === 'sglang';
    if (isOnCpu) return 0;
    return isByName
      ? Math.max(gpus.length, askedDevices(words, tensorParallel))
      : Math.max(gpus.length, Number(isOnGpus));
  }
  if (engine !== 'llama') return 0;
  const { device, gpuLayers, gpuShares = [] } = llamaOptionsSchema.parse(engineOptions);
  if (device === 'cpu' || gpuLayers === 0) return 0;
  const usual = device === 'auto' ? Number(isOnGpus) : 1;
  return Math.max(usual, gpuShares.filter((share) => share > 0).length);
}

/** Of a model that the CPU computes, with its draft; what takes GPUs needs little of the host, and nobody knows how much. */
async function hostBytes(suite: Suite, { spec, facts }: PlannedModel): Promise<number | undefined> {
  if (spec.engine !== 'llama' || spec.file === undefined || gpusOf(suite, spec) > 0) return undefined;
  const options = parseEngineOptions(llamaOptionsSchema, spec.engine, spec);
  const contextTokens =
    options.contextTokens ?? suite.contextTokens ?? usualContextTokens + (await budgetOfSpec(spec, spec.file));
  const outline = await readModelOutline(spec.file);
  const use = { ...options, contextTokens, sequences: plannedConcurrency(suite), keepsWindow: true };
  return memoryOfOutline(outline, use).totalBytes + (facts.draftFile?.fileBytes ?? 0) + ownBytes;
}

/**
 * What a machine must have for a model of a run; the memory is an estimate from the header of its file.
 *
 * @throws {ModelError} if the file can't be read
 */
export async function needsOf({ suite }: Pick<RunPlan, 'suite'>, model: PlannedModel): Promise<Needs> {
  return { gpus: gpusOf(suite, model.spec), memoryBytes: await hostBytes(suite, model) };
}

/** Why a machine can't have a model, as a predicate; undefined where it can. */
export function lacks(
  host: Pick<HostFacts, 'gpus' | 'memoryBytes'>,
  { gpus, memoryBytes = 0 }: Needs,
): string | undefined {
  if (gpus > host.gpus.length) return `needs ${gpus} GPUs, and ${host.gpus.length} are here`;
  if (memoryBytes <= host.memoryBytes) return undefined;
  return `needs about ${sizeText(memoryBytes)} of memory, and there are ${sizeText(host.memoryBytes)}`;
}
