import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { clockOffsetMs } from '../../core/clock.ts';
import { parseEngineOptions } from '../../core/engine-options.ts';
import type { Engine, EngineOptions, LoadedModel, ModelInfo, ModelSpec } from '../../core/engine.ts';
import { EnvironmentError, ModelError } from '../../core/errors.ts';
import { readModelHeader } from '../../gguf/gguf-kind.ts';
import { outlineBehind } from '../../gguf/model-outline.ts';
import type { PlacementPlan } from '../../gguf/plan-placement.ts';
import { memoryLimitBytes } from '../../meters/host-limits.ts';
import { textSha256 } from '../prompt-tokens.ts';
import { llamaMaxConcurrency } from '../request-pool.ts';
import { type chooseDevice, chooseFor, placedNote } from './choose-device.ts';
import { llamaOptionsSchema } from './llama-options.ts';
import { readDraft } from './draft-setting.ts';
import { placingOrder, roundingParts } from './place-model.ts';
import { readChatSetting } from './chat-setting.ts';
import { LoadedLlama } from './loaded-llama.ts';
import type { NativeDevice } from './native/native-devices.ts';
import { preparePair, startPair } from './llama-pair.ts';
import type { Opening } from './opening.ts';
import { startWorker } from './start-worker.ts';
import type { LoadedFacts, LoadOrder } from './worker-messages.ts';

const mebibyte = 1024 * 1024;
/** What the process needs beside the weights before any context is opened: Node, the library, its tables. */
const processBytes = 96 * mebibyte;

/**
 * Refuses a model that can't fit, before the system has to kill something.
 *
 * @throws {EnvironmentError} with both numbers
 */
export function checkMemory(name: string, weightsBytes: number, availableBytes: number): void {
  const needed = weightsBytes + processBytes;
  if (needed <= availableBytes) return;
  const inMebibytes = (bytes: number): string => `${Math.ceil(bytes / mebibyte)} MiB`;
  throw new EnvironmentError(
    `${name} needs at least ${inMebibytes(needed)} of memory, ${inMebibytes(availableBytes)} are available`,
    { hint: 'Free memory, raise the limit, or choose a smaller model or quantisation.' },
  );
}

export interface LlamaEngineOptions {
  /** Bytes that a new process can take; the system's own figure by default. */
  readonly availableBytes?: () => number;
  readonly chooseDevice?: typeof chooseDevice;
  /** The clock by which a silent process has hung; monotonic, in milliseconds. */
  readonly now?: () => number;
}

/** Bytes of the model's file, or of all files of a split one. */
async function fileBytes(file: string, splitCount: number): Promise<number> {
  const { size } = await stat(file);
  const prefix = /^(.*)-\d{5}-of-\d{5}\.gguf$/.exec(basename(file))?.[1];
  if (splitCount < 2 || prefix === undefined) return size;
  const folder = dirname(file);
  const parts = (await readdir(folder)).filter((name) => name.startsWith(`${prefix}-`) && name.endsWith('.gguf'));
  if (parts.length < splitCount) {
    throw new ModelError(`${file}: found ${parts.length} of the model's ${splitCount} files`, {
      hint: 'Download the other parts into the same folder.',
    });
  }
  const sizes = await Promise.all(parts.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, each) => sum + each, 0);
}

async function prepare(model: ModelSpec, options: EngineOptions, engine: LlamaEngineOptions): Promise<Opening> {
  if (model.file === undefined) {
    throw new ModelError(`${model.name}: the llama engine needs a GGUF file`, { hint: 'Give the path of one.' });
  }
  const settings = parseEngineOptions(llamaOptionsSchema, 'llama', model);
  const chosen = await chooseFor(settings, engine.chooseDevice);
  const { location: library } = chosen;
  const header = await readModelHeader(model.file);
  const availableBytes = (engine.availableBytes ?? memoryLimitBytes)();
  const weightsBytes = await fileBytes(model.file, header.splitCount);
  const draft = await readDraft(settings, model.file, options);
  const draftBytes = draft && (await fileBytes(draft.order.file, draft.header.splitCount));
  // What a GPU takes is known once its process has asked it.
  const isOnCpu = library.device === 'cpu';
  const name = draftBytes === undefined ? model.name : `${model.name} with its draft model`;
  if (isOnCpu) checkMemory(name, weightsBytes + (draftBytes ?? 0), availableBytes);
  const placing = placingOrder(model.name, await outlineBehind(header, model.file), settings, options, isOnCpu);
  const { chatTemplate, promptStyle, plan } = await readChatSetting(model, model.file, header);
  const { thinking, templateArgs } = plan;
  const order: LoadOrder = {
    type: 'load',
    file: model.file,
    draft: draft?.order,
    library,
    threads: settings.threads ?? options.threads ?? availableParallelism(),
    contextTokens: settings.contextTokens ?? options.contextTokens,
    chatTemplate,
    templateArgs,
    thinking,
    placing,
    cache: { type: settings.kvCache, flashAttention: settings.flashAttention },
    clockOffsetMs,
  };
  return { model, promptStyle, header, chosen, order, weightsBytes };
}

/** A software device is the CPU, whatever it is called. Layers are told where not all are on one device. */
function deviceText(
  { name, description, isSoftware }: NativeDevice,
  kind: string,
  { gpus, allLayers }: PlacementPlan,
): string {
  const device = isSoftware ? `CPU by ${description} (${kind})` : `${name} ${description}`;
  const { layers = 0 } = gpus.find((gpu) => gpu.name === name) ?? {};
  return layers === allLayers ? device : `${device}: ${layers} of ${allLayers} layers`;
}

function describeModel(opening: Opening, facts: LoadedFacts, processId: number): ModelInfo {
  const { promptStyle, header, chosen, order } = opening;
  const { chatTemplate, thinking, library } = order;
  const { devices } = chosen;
  const { placement } = facts;
  const gpus = devices.filter(({ isSoftware }) => !isSoftware);
  const used = gpus.filter(({ name }) => placement.gpus.some((gpu) => gpu.name === name && gpu.layers > 0));
  // Variants round in their own way: a quantised model's accuracy moved by 6 points of 100 between two of them.
  const build = [library.packageName, library.packageVersion, facts.kernels].filter((part) => part !== undefined);
  const rounding = [build.join(' '), ...roundingParts(devices, placement)].join(', ');
  return {
    architecture: header.architecture,
    parameters: facts.parameters,
    weightsBytes: facts.weightsBytes,
    quantisation: facts.quantisation,
    trainedContextTokens: facts.trainedContextTokens,
    contextTokens: facts.contextTokens,
    vocabularySize: facts.vocabularySize,
    chatTemplateSha256: chatTemplate === undefined ? undefined : textSha256(chatTemplate),
    thinking,
    promptStyle,
    structuredOutput: opening.model.structuredOutput,
    tokenizerSha256: header.tokenizerSha256,
    engineBuild: `llama.cpp ${facts.libraryVersion} (${rounding})`,
    devices: [...devices.map((device) => deviceText(device, library.device, placement)), ...facts.devices],
    computesOn: placedNote(chosen, placement),
    threads: order.threads,
    processIds: [processId],
    // Which ones the vendor's tool calls by which number isn't known: it sees where the process is.
    gpus: gpus.length === 0 ? [] : undefined,
    deviceCount: used.length > 1 ? used.length : undefined,
    serverCommand: undefined,
    draft: facts.draft,
  };
}

/** Starts the process and waits until it has loaded the model. */
async function startProcess(
  opening: Opening,
  options: EngineOptions,
  now: () => number,
  signal: AbortSignal,
): Promise<LoadedModel> {
  const { model, order } = opening;
  return startWorker(order, { modelName: model.name, hangMs: options.hangMs, now, signal }, (worker, facts) => {
    return new LoadedLlama(model.name, worker, describeModel(opening, facts, worker.pid), facts);
  });
}

/**
 * The llama engine: GGUF files by llama.cpp, each in a process of its own. Its options are those of `llamaSettings`.
 */
export function createLlamaEngine(engine: LlamaEngineOptions = {}): Engine {
  return {
    kind: 'llama',
    maxConcurrency: llamaMaxConcurrency,
    async open(model, options, signal) {
      signal.throwIfAborted();
      const opening = await prepare(model, options, engine);
      signal.throwIfAborted();
      return startProcess(opening, options, engine.now ?? (() => performance.now()), signal);
    },
    async openPair(base, model, options, signal) {
      signal.throwIfAborted();
      // Texts are compared one after the other.
      const single = { ...options, concurrency: 1 };
      const pair = preparePair(await prepare(base, single, engine), await prepare(model, single, engine));
      if (pair.isOnCpu) checkMemory(pair.names, pair.weightsBytes, (engine.availableBytes ?? memoryLimitBytes)());
      signal.throwIfAborted();
      return startPair(pair, { hangMs: options.hangMs, now: engine.now ?? (() => performance.now()), signal });
    },
  };
}
