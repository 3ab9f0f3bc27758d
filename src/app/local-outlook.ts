import type { ModelSpec } from '../core/engine.ts';
import { parseEngineOptions } from '../core/engine-options.ts';
import { EnvironmentError, ModelError, UsageError } from '../core/errors.ts';
import type { LlamaOptions } from '../core/llama-settings.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { type chooseDevice, chooseFor, placedNote } from '../engines/llama-cpp/choose-device.ts';
import { draftPlacement, readDraft } from '../engines/llama-cpp/draft-setting.ts';
import { llamaOptionsSchema } from '../engines/llama-cpp/llama-options.ts';
import { leftBy, placingOrder, roundingParts } from '../engines/llama-cpp/place-model.ts';
import { type ModelOutline, readModelOutline } from '../gguf/model-outline.ts';
import { type PlacementPlan, type PlannedGpu, planPlacement, TooLargeError } from '../gguf/plan-placement.ts';
import { memoryOfOutline } from '../sources/model-memory.ts';
import type { GpuSupply } from './gpu-outlook.ts';

/** What a GGUF model would take on this machine, or on one that is assumed; with its draft. */
export interface LocalOutlook {
  /** Peak of its process, or of each GPU that it is on; undefined where its settings can't be. */
  readonly memoryBytes?: number | undefined;
  /** What of it is in host memory. */
  readonly hostBytes?: number | undefined;
  /** Undefined where the CPU computes it. */
  readonly placement?: PlacementPlan | undefined;
  /** Of its draft, where that is on GPUs. */
  readonly draftPlacement?: PlacementPlan | undefined;
  /** The choice of what computes it and its reason, as a predicate, where it tells something. */
  readonly computesOn?: string | undefined;
  /** What would let a GPU compute, as imperative sentences, where one might. */
  readonly mend?: string | undefined;
  /** What computes it, as far as it decides how numbers are rounded; undefined where that isn't known. */
  readonly computedBy?: readonly string[] | undefined;
  /** Its GPUs are those of another machine. */
  readonly isAssumed: boolean;
  /** Why it can't be run as it is set. */
  readonly problem?: string | undefined;
  /** The problem is that more is asked of the GPUs than is free. */
  readonly isTooLarge?: boolean;
}

export interface LocalQuestion {
  readonly name: string;
  readonly outline: ModelOutline;
  /** Undefined where only its header is here: a draft isn't counted then. */
  readonly file?: string | undefined;
  /** With the file of its draft; undefined of a file that a server is given, which places it by itself. */
  readonly options: LlamaOptions | undefined;
  readonly contextTokens: number;
  readonly sequences: number;
  /** See ModelUse. */
  readonly keepsWindow?: boolean;
  /** GPUs that somebody assumes; else those of this machine are asked. */
  readonly supply?: GpuSupply;
  readonly chooseDevice?: typeof chooseDevice | undefined;
}

/** How perbench would place a model that is a file; undefined where a server is given the file. */
export function placedOptions(model: Pick<ModelSpec, 'name' | 'engine' | 'engineOptions'>): LlamaOptions | undefined {
  return model.engine === 'llama' ? parseEngineOptions(llamaOptionsSchema, model.engine, model) : undefined;
}

/** Whether GPUs that somebody assumes would compute a model with these options. */
export function takesAssumed({ device, kernels }: LlamaOptions, supply: GpuSupply | undefined): boolean {
  return supply?.from === 'assumed' && device !== 'cpu' && kernels === undefined;
}

/** What would compute a model. */
interface Computer {
  readonly gpus: readonly PlannedGpu[];
  readonly library: string;
  readonly mend?: string | undefined;
  noteOf(placement: PlacementPlan): string | undefined;
}

function assumedComputer({ count = 1, memoryBytes = 0 }: GpuSupply): Computer {
  const gpus = Array.from({ length: count }, (_, index) => ({
    name: `GPU${index}`,
    description: `assumed GPU ${index}`,
    freeBytes: memoryBytes,
  }));
  return { gpus, library: 'assumed', noteOf: () => undefined };
}

async function ownComputer(options: LlamaOptions, choose: typeof chooseDevice | undefined): Promise<Computer> {
  const chosen = await chooseFor(options, choose);
  const { devices, mend, location } = chosen;
  return { gpus: devices, library: location.packageName, mend, noteOf: (placement) => placedNote(chosen, placement) };
}

/** A placement whose bytes on the host are those of its process, where it is there alone. */
function withHost(
  placement: PlacementPlan,
  outline: ModelOutline,
  options: LlamaOptions,
  question: LocalQuestion,
): PlacementPlan {
  return placement.gpuLayers > 0 ? placement : { ...placement, hostBytes: hostBytesOf(outline, options, question) };
}

function hostBytesOf(
  outline: ModelOutline,
  options: LlamaOptions | undefined,
  { contextTokens, sequences, keepsWindow = true }: LocalQuestion,
): number {
  return memoryOfOutline(outline, { ...options, contextTokens, sequences, keepsWindow }).totalBytes;
}

/** Each on what is left by the one before: the draft first, as the engine does. */
async function placeAll(
  question: LocalQuestion,
  options: LlamaOptions,
  gpus: readonly PlannedGpu[],
): Promise<{ readonly model: PlacementPlan; readonly draft: PlacementPlan | undefined }> {
  const { name, outline, file, contextTokens, sequences } = question;
  const use = { contextTokens, concurrency: sequences };
  const draft = file === undefined ? undefined : (await readDraft(options, file, use))?.order;
  const ofDraft = draft && planPlacement(draft.placing.name, draft.placing.needs, gpus, draft.placing.options);
  const { needs } = placingOrder(name, outline, options, use, gpus.length === 0);
  const model = planPlacement(name, needs, leftBy(ofDraft, gpus), options);
  return {
    model: withHost(model, outline, options, question),
    draft: draft && ofDraft && withHost(ofDraft, await readModelOutline(draft.file), draftPlacement(options), question),
  };
}

const onGpus = (placement: PlacementPlan | undefined): PlacementPlan | undefined =>
  placement === undefined || placement.gpuLayers === 0 ? undefined : placement;

async function placedOutlook(
  question: LocalQuestion,
  options: LlamaOptions,
  computer: Computer,
): Promise<Omit<LocalOutlook, 'isAssumed'>> {
  const { gpus, library, mend } = computer;
  const { model, draft } = await placeAll(question, options, gpus);
  const parts = [model, draft].filter((part) => part !== undefined);
  const used = parts.flatMap((part) => part.gpus.filter(({ layers }) => layers > 0));
  const hostBytes = parts.reduce((sum, part) => sum + part.hostBytes, 0);
  const onThem = used.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return {
    memoryBytes: used.length === 0 ? hostBytes : onThem / new Set(used.map(({ name }) => name)).size,
    hostBytes,
    placement: onGpus(model),
    draftPlacement: onGpus(draft),
    computesOn: computer.noteOf(model),
    mend,
    computedBy: [library, ...roundingParts(gpus, model)],
  };
}

/**
 * Estimates what a GGUF model takes and where it goes, as the engine will place it: from the header of its file and the
 * memory that is free now.
 */
export async function localOutlook(question: LocalQuestion): Promise<LocalOutlook> {
  const { name, outline, options, supply } = question;
  if (options === undefined) {
    const memoryBytes = hostBytesOf(outline, undefined, question);
    return { memoryBytes, hostBytes: memoryBytes, isAssumed: false };
  }
  const isAssumed = takesAssumed(options, supply);
  try {
    const computer =
      supply !== undefined && isAssumed ? assumedComputer(supply) : await ownComputer(options, question.chooseDevice);
    return { ...(await placedOutlook(question, options, computer)), isAssumed };
  } catch (error) {
    const isKnown = error instanceof EnvironmentError || error instanceof UsageError || error instanceof ModelError;
    if (!isKnown) throw error;
    const message = error.message.startsWith(`${name}: `) ? error.message : `${name}: ${error.message}`;
    return { isAssumed, problem: withRemedy(message, error.hint), isTooLarge: error instanceof TooLargeError };
  }
}
