import type { Suite } from '../core/suite.ts';
import { answerOptions } from '../engines/index.ts';
import type { chooseDevice } from '../engines/llama-cpp/choose-device.ts';
import { usualContextTokens } from '../gguf/model-needs.ts';
import { readModelOutline } from '../gguf/model-outline.ts';
import { plannedConcurrency } from '../run/protocol.ts';
import { type ModelFetchPlan, planModelFetch } from '../sources/pull-model.ts';
import { type GpuOutlook, gpuOutlook, type GpuSupply } from './gpu-outlook.ts';
import type { LocalContext } from './local-context.ts';
import { type LocalOutlook, localOutlook, placedOptions } from './local-outlook.ts';
import { describeModelSource, type NamedModel, plannedBudget } from './prepare-models.ts';

/** What a run would take of one model. */
export interface ModelOutlook extends Partial<Omit<LocalOutlook, 'memoryBytes' | 'hostBytes' | 'isTooLarge'>> {
  readonly name: string;
  readonly source: string;
  readonly isHere: boolean;
  /** Undefined where nobody knows before the download starts. */
  readonly bytesToFetch: number | undefined;
  readonly bytesCertainty: ModelFetchPlan['certainty'];
  /** Peak of the engine, estimated; undefined where the file isn't here yet and the catalogue doesn't tell. */
  readonly memoryBytes: number | undefined;
  /** Undefined where the memory isn't known, and where it can't be run for another reason. */
  readonly fits: boolean | undefined;
  /** Of models whose servers run on GPUs; `memoryBytes` is that of each GPU then. */
  readonly gpu?: GpuOutlook;
}

export interface ModelQuestion {
  readonly suite: Suite;
  readonly context: LocalContext;
  readonly memoryLimitBytes: number | undefined;
  /** By default none: models that need some don't fit. */
  readonly gpus?: GpuSupply;
  /** Another way to choose what GGUF models are computed on, in tests. */
  readonly chooseDevice?: typeof chooseDevice | undefined;
  readonly signal: AbortSignal;
}

const noGpus: GpuSupply = { count: 0, memoryBytes: undefined, from: 'none found' };

/** @throws {ModelError | DownloadError} for files that are none, and sources that can't be asked */
export async function modelOutlook(model: NamedModel, question: ModelQuestion): Promise<ModelOutlook> {
  const { suite, gpus: supply = noGpus } = question;
  const { name, request } = model;
  const base = { name, source: describeModelSource(model) };
  const gpu = gpuOutlook(model, suite, supply);
  if (gpu !== undefined) {
    // The server fetches it by itself, if it must; perbench can't see whether.
    const fetched = { isHere: false, bytesToFetch: gpu.weightsBytes, bytesCertainty: 'estimated' } as const;
    return { ...base, ...fetched, memoryBytes: gpu.perGpu?.totalBytes, fits: gpu.fits, problem: gpu.problem, gpu };
  }
  if (request === undefined) {
    return { ...base, isHere: true, bytesToFetch: 0, bytesCertainty: 'exact', memoryBytes: undefined, fits: undefined };
  }
  return fileOutlook({ ...model, request }, base, question);
}

async function fileOutlook(
  model: NamedModel & { readonly request: NonNullable<NamedModel['request']> },
  base: Pick<ModelOutlook, 'name' | 'source'>,
  { suite, context, gpus: supply, memoryLimitBytes: limit, chooseDevice, signal }: ModelQuestion,
): Promise<ModelOutlook> {
  const fetch = await planModelFetch(model.request, context.settings, { signal });
  const draft = model.draft && (await planModelFetch(model.draft, context.settings, { signal }));
  const found = {
    ...base,
    source: draft === undefined ? base.source : `${base.source}, draft ${draft.source}`,
    isHere: fetch.isCached && draft?.isCached !== false,
    bytesToFetch: sumOf(fetch.bytesToFetch, draft === undefined ? 0 : draft.bytesToFetch),
    bytesCertainty: draft === undefined || draft.isCached ? fetch.certainty : draft.certainty,
  };
  const fitsHost = (bytes: number | undefined): boolean | undefined =>
    bytes === undefined || limit === undefined ? undefined : bytes <= limit;
  const { path } = fetch;
  if (path === undefined) {
    const memoryBytes = found.bytesToFetch;
    return { ...found, memoryBytes, fits: fitsHost(memoryBytes) };
  }
  const settings = placedOptions(model);
  const { memoryBytes, hostBytes, isTooLarge, ...local } = await localOutlook({
    name: model.name,
    file: path,
    outline: await readModelOutline(path),
    options: settings && { ...settings, draft: draft?.path },
    contextTokens: settings?.contextTokens ?? (await contextOf(model, path, suite)),
    sequences: plannedConcurrency(suite),
    supply: supply ?? noGpus,
    chooseDevice,
  });
  // A draft that isn't here yet takes about what is fetched of it.
  const later = draft !== undefined && draft.path === undefined ? draft.bytesToFetch : 0;
  const fits =
    local.problem === undefined ? fitsHost(sumOf(hostBytes, later)) : isTooLarge === true ? false : undefined;
  return { ...found, ...local, memoryBytes: sumOf(memoryBytes, later), fits };
}

function sumOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

/** Tokens of one sequence: thoughts take room of their own. */
async function contextOf(model: NamedModel, file: string, { contextTokens }: Suite): Promise<number> {
  return contextTokens ?? usualContextTokens + (await plannedBudget(model, file));
}

/**
 * What decides the answers of a model, as far as it is known before anything starts: models alike in it share them. Where
 * it isn't known what computes it, what is set for that counts.
 */
export function answersKey(
  { request, source, style, engine, engineOptions, setting }: NamedModel,
  { computedBy }: ModelOutlook,
): string {
  const place = computedBy ?? [engineOptions['device'], engineOptions['gpuLayers']];
  return JSON.stringify([request ?? source, style, engine, answerOptions(engine, engineOptions), place, setting]);
}
