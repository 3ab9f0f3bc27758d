import { countOf } from '../core/amount-text.ts';
import { DownloadError, ModelError, PerbenchError } from '../core/errors.ts';
import type { LlamaOptions } from '../core/llama-settings.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import type { Store } from '../core/store.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { fileTypeName } from '../gguf/file-type.ts';
import { readModelHeader } from '../gguf/gguf-kind.ts';
import { outlineBehind } from '../gguf/model-outline.ts';
import { estimateSpeed, type ModelSpeed, unmeasuredTypes } from '../gguf/model-speed.ts';
import type { PlannedGpu } from '../gguf/plan-placement.ts';
import type { ModelRequest } from '../sources/model-request.ts';
import type { HubPatience } from '../sources/pull-hub.ts';
import { type RemoteModel, readRemoteModel } from '../sources/remote-header.ts';
import { resolveModel } from '../sources/resolve-model.ts';
import type { SourceSettings } from '../sources/source-settings.ts';
import { type EstimateFactor, estimateFactor } from '../stats/estimate-factor.ts';
import { assumedDeviations, type EstimateErrors, estimateErrors, knownRatios } from './estimate-error.ts';
import type { GpuSupply } from './gpu-outlook.ts';
import { type LocalOutlook, localOutlook, type LocalQuestion } from './local-outlook.ts';
import { type MachineRoofline, machineRoofline, type RooflineWorld } from './machine-roofline.ts';

/** Tokens of the request whose speed is estimated: what llama-bench calls pp512 and tg64. */
export const estimatedRequest = { promptTokens: 512, outputTokens: 64 } as const;

/** A model that is to be estimated. */
export interface AskedModel {
  readonly name: string;
  readonly source: string;
  /** Undefined of a model at a server, whose file nobody knows. */
  readonly request: ModelRequest | undefined;
  /** Undefined of a file that a server is given, which places it by itself. */
  readonly options: LlamaOptions | undefined;
  /** Why there is no such model. */
  readonly problem?: string;
}

/**
 * What is wrong with one model, in one sentence.
 *
 * @throws what it is given, if that isn't about a model
 */
export function modelProblem(error: unknown): string {
  if (!(error instanceof ModelError || error instanceof DownloadError)) throw error;
  return withRemedy(error.message, error.hint);
}

/** What the header of a model says. */
export interface HeaderFacts {
  readonly architecture: string;
  readonly quantisation: string | undefined;
  readonly fileBytes: number;
  readonly parameters: number;
  /** Those that one token passes through: without tables of which it reads a row, with the experts that are used. */
  readonly activeParameters: number;
}

/** What a model would be on this machine, from its header alone. Every quantity is estimated, or unavailable. */
export interface ModelEstimate {
  readonly name: string;
  readonly source: string;
  readonly isHere: boolean;
  /** Undefined where no header could be read. */
  readonly header: HeaderFacts | undefined;
  /** Peak of its process, or of each GPU that it is on. */
  readonly memory: Measurement;
  /** Those that it could be placed on; undefined where the CPU computes it. */
  readonly gpus: readonly PlannedGpu[] | undefined;
  /** Of the prompt, and of the answer, of one request alone. */
  readonly promptTokensPerSecond: Measurement;
  readonly outputTokensPerSecond: Measurement;
  /** Undefined where the memory isn't known. */
  readonly fits: boolean | undefined;
  /** Why it can't be run or estimated, in one sentence. */
  readonly problem: string | undefined;
}

export interface Estimates {
  readonly models: readonly ModelEstimate[];
  /** By how much estimates of what the CPU computes miss on this machine. */
  readonly errors: EstimateErrors;
  /** Undefined where it couldn't be measured; `rooflineProblem` tells why. */
  readonly roofline: MachineRoofline | undefined;
  readonly rooflineProblem: string | undefined;
  /** Of the host. */
  readonly memoryLimitBytes: number | undefined;
}

/** By how much estimates of memory of GPUs miss: assumed, since what processes take on the host says nothing of it. */
export const gpuMemoryError = estimateFactor([], assumedDeviations.memory);

export interface EstimateWorld extends RooflineWorld {
  readonly settings: SourceSettings;
  readonly store: Store | undefined;
  readonly patience: HubPatience;
  readonly contextTokens: number;
  readonly sequences: number;
  readonly memoryLimitBytes: number | undefined;
  readonly gpus: GpuSupply;
  readonly chooseDevice?: LocalQuestion['chooseDevice'];
  /** Is told what only those want to know who look closer. */
  readonly onDetail?: ((text: string) => void) | undefined;
}

interface ReadModel extends RemoteModel {
  readonly isHere: boolean;
}

/**
 * The header of a model, from its file where it is here, else from the hub.
 *
 * @throws {ModelError | DownloadError} if neither has it
 */
async function readAnywhere(request: ModelRequest, world: EstimateWorld): Promise<ReadModel> {
  const { settings, patience, signal } = world;
  const located = await resolveModel(request, settings);
  if (located !== undefined) {
    const header = await readModelHeader(located.path);
    return { header, outline: await outlineBehind(header, located.path), fileBytes: located.bytes, isHere: true };
  }
  const hub = request.sources.find((source) => source.kind === 'hub');
  if (hub === undefined) {
    const places = request.sources.map(({ kind }) => (kind === 'pip' ? 'PyPI' : kind)).join(', ');
    throw new ModelError(
      `${request.name}: the header can be read before a download only on the hub, not on ${places}`,
      {
        hint: 'Fetch it first: perbench models pull.',
      },
    );
  }
  if (settings.isOffline) throw new DownloadError(`${request.name}: offline, and not on this machine`);
  return { ...(await readRemoteModel(hub, patience, settings, { signal })), isHere: false };
}

/** A model with its header and place, or why it has none. */
interface PlacedModel {
  readonly asked: AskedModel;
  readonly read: ReadModel | undefined;
  readonly outlook: LocalOutlook | undefined;
  readonly problem: string | undefined;
}

async function place(asked: AskedModel, world: EstimateWorld): Promise<PlacedModel> {
  const nothing = { asked, read: undefined, outlook: undefined };
  if (asked.problem !== undefined) return { ...nothing, problem: asked.problem };
  if (asked.request === undefined) return { ...nothing, problem: `${asked.name}: at a server, and no file tells` };
  try {
    const read = await readAnywhere(asked.request, world);
    const { name, options } = asked;
    const { contextTokens, sequences, gpus: supply, chooseDevice } = world;
    const use = { contextTokens: options?.contextTokens ?? contextTokens, sequences, keepsWindow: false };
    const outlook = await localOutlook({ name, outline: read.outline, options, ...use, supply, chooseDevice });
    return { asked, read, outlook, problem: outlook.problem };
  } catch (error) {
    return { ...nothing, problem: modelProblem(error) };
  }
}

function unavailable(detail: string): Measurement {
  return { status: 'unavailable', reason: 'estimated', detail };
}

/** @param ends of the value, in its unit */
function estimated(
  value: number,
  [low, high]: readonly [number, number],
  unit: Unit,
  from: string,
  { n }: EstimateFactor,
): Measurement {
  const method = n === 0 ? 'assumed: no run on this machine tells' : `t over ${n} models measured on this machine`;
  const interval = { low, high, level: 0.95, method };
  const warnings = [{ reason: 'estimated', detail: `estimated from ${from}, not measured` }] as const;
  return { status: 'derived', from, value, unit, n, interval, warnings };
}

function memoryOf({ outlook, problem }: PlacedModel, known: EstimateFactor): Measurement {
  if (outlook?.memoryBytes === undefined) return unavailable(problem ?? 'its header could not be read');
  const factor = outlook.placement === undefined ? known : gpuMemoryError;
  const { memoryBytes: bytes } = outlook;
  const ends = [bytes * factor.low, bytes * factor.high] as const;
  return estimated(bytes * factor.factor, ends, 'bytes', 'the header of its file', factor);
}

const fromRoofline = 'the header of its file and the roofline of this machine';

/** Tokens per second, of a time that is estimated. */
function rateOf(tokens: number, ms: number, factor: EstimateFactor): Measurement {
  const perSecond = (1000 * tokens) / ms;
  const ends = [perSecond / factor.high, perSecond / factor.low] as const;
  return estimated(perSecond / factor.factor, ends, 'tokens/s', fromRoofline, factor);
}

/** The times of the request, or why there are none. */
function speedOf(
  { read, asked, outlook, problem }: PlacedModel,
  { roofline, rooflineProblem }: Pick<Estimates, 'roofline' | 'rooflineProblem'>,
): ModelSpeed | string {
  if (read === undefined) return problem ?? 'its header could not be read';
  if (outlook?.placement !== undefined) return 'a GPU computes it, whose speed is measured, not estimated';
  if (roofline === undefined) return rooflineProblem ?? 'the speed of this machine is unknown';
  const { threads = roofline.threads } = asked.options ?? {};
  if (threads !== roofline.threads)
    return `it has ${countOf(threads, 'thread')}, and the speed of this machine is known with ${roofline.threads}`;
  const { promptTokens, outputTokens } = estimatedRequest;
  const use = {
    promptTokens,
    contextTokens: promptTokens + outputTokens / 2,
    kvCache: asked.options?.kvCache ?? 'f16',
  };
  const types = unmeasuredTypes(read.outline, roofline).join(', ');
  return (
    estimateSpeed(read.outline, roofline, use) ?? `it has weights of ggml type ${types}, which can't be measured here`
  );
}

function headerFacts({ header, outline, fileBytes }: ReadModel): HeaderFacts {
  return {
    architecture: outline.architecture,
    quantisation: fileTypeName(header.values.get('general.file_type')),
    fileBytes,
    parameters: outline.parameters,
    activeParameters: Math.round(outline.work.activeParameters),
  };
}

function estimateOf(placed: PlacedModel, found: Omit<Estimates, 'models'>): ModelEstimate {
  const { asked, read, outlook, problem } = placed;
  const { errors, memoryLimitBytes: limit } = found;
  const memory = memoryOf(placed, errors.memory);
  const speed = speedOf(placed, found);
  const isKnown = typeof speed !== 'string';
  const onHost =
    outlook?.placement === undefined && memory.status !== 'unavailable' ? memory.value : outlook?.hostBytes;
  return {
    name: asked.name,
    source: asked.source,
    isHere: read?.isHere ?? false,
    header: read === undefined ? undefined : headerFacts(read),
    memory,
    gpus: outlook?.placement?.gpus.map(({ name, description, freeBytes }) => ({ name, description, freeBytes })),
    promptTokensPerSecond: isKnown
      ? rateOf(estimatedRequest.promptTokens, speed.firstTokenMs, errors.firstToken)
      : unavailable(speed),
    outputTokensPerSecond: isKnown ? rateOf(1, speed.tokenMs, errors.token) : unavailable(speed),
    fits:
      outlook?.problem === undefined
        ? onHost === undefined || limit === undefined
          ? undefined
          : onHost <= limit
        : false,
    problem,
  };
}

/** The roofline for what is computed on the CPU, or why there is none. */
async function rooflineFor(
  placed: readonly PlacedModel[],
  world: EstimateWorld,
): Promise<Pick<Estimates, 'roofline' | 'rooflineProblem'>> {
  const types = placed.flatMap(({ read, outlook }) =>
    read === undefined || outlook?.placement !== undefined ? [] : unmeasuredTypes(read.outline, { rates: [] }),
  );
  if (types.length === 0) return { roofline: undefined, rooflineProblem: undefined };
  try {
    return { roofline: await machineRoofline(types, world), rooflineProblem: undefined };
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return { roofline: undefined, rooflineProblem: withRemedy(error.message, error.hint) };
  }
}

/**
 * Estimates memory and speed of models on this machine from the headers of their files, which are read from the hub where
 * they aren't here; nothing is downloaded or started. Each estimate is corrected by what runs in the store say of earlier
 * ones, and has the interval that follows from them.
 */
export async function estimateModels(asked: readonly AskedModel[], world: EstimateWorld): Promise<Estimates> {
  const placed = await Promise.all(asked.map((model) => place(model, world)));
  const { roofline, rooflineProblem } = await rooflineFor(placed, world);
  const { store, memoryLimitBytes } = world;
  const ratios = store === undefined ? [] : await knownRatios({ ...world, store, roofline });
  const found = { errors: estimateErrors(ratios), roofline, rooflineProblem, memoryLimitBytes };
  return { ...found, models: placed.map((model) => estimateOf(model, found)) };
}

/** Sorting key: what fits first, then the larger file, then the faster. Nothing is known of how good a model is. */
function fitKey({ fits, header, outputTokensPerSecond }: ModelEstimate): readonly number[] {
  const speed = outputTokensPerSecond.status === 'unavailable' ? 0 : outputTokensPerSecond.value;
  return [fits === true ? 2 : fits === undefined ? 1 : 0, header?.fileBytes ?? 0, speed];
}

/** Models that fit first, the largest of them first and of equal ones the fastest; then what isn't known; then the others. */
export function rankByFit(models: readonly ModelEstimate[]): readonly ModelEstimate[] {
  return models.toSorted((left, right) => {
    const [one, other] = [fitKey(left), fitKey(right)];
    const differing = one.findIndex((value, index) => value !== other[index]);
    return differing === -1 ? 0 : (other[differing] ?? 0) - (one[differing] ?? 0);
  });
}
