/*
 * The engine's process: one loaded model. It is forked by worker-process.ts, hears WorkerOrder messages and answers
 * with WorkerReport ones. Decodes run on its main thread: a thread of its own for JavaScript would take a core from
 * the library's compute threads, which wait for each other by spinning.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import koffi from 'koffi';
import { nowMs } from '../../core/clock.ts';
import { EnvironmentError, ModelError, PerbenchError, UsageError } from '../../core/errors.ts';
import type { PlacementPlan } from '../../gguf/plan-placement.ts';
import { ifTold } from '../../meters/proc-file.ts';
import type { ContextSource } from './engine-pass.ts';
import { checkAbi } from './native/abi.ts';
import { loadLibrary, type NativeLibrary } from './native/library.ts';
import { LlamaContext, type ContextShape } from './native/llama-context.ts';
import { LlamaModel } from './native/llama-model.ts';
import { DeviceWatch } from './device-watch.ts';
import { gpusOf, placeModel } from './place-model.ts';
import { LossPass } from './loss-pass.ts';
import { LossRunner } from './loss-runner.ts';
import { hasSameWeights, requireSameVocabulary } from './model-pair.ts';
import type { NativeDevice } from './native/native-devices.ts';
import { PassRunner } from './pass-runner.ts';
import type { PromptReader } from './prompts.ts';
import { thoughtMarks, type ThoughtShape } from '../../core/thought-shapes.ts';
import { type ChatRenderer, createChatRenderer } from '../chat-template.ts';
import type { LoadedFacts, LoadOrder, PairOrder, WorkerOrder, WorkerReport } from './worker-messages.ts';

/** Follows the devices that the model is on; there is one model. */
let watch: DeviceWatch | undefined;

function report(message: WorkerReport): void {
  if (process.connected) process.send?.(message);
}

/** Asks Linux to kill this process when its parent dies, even inside a long decode, and first when memory runs out. */
function dieBeforeParent(): void {
  if (process.platform !== 'linux') return;
  const parentDeathSignal = 1;
  koffi.load(null).func('int prctl(int option, unsigned long value, ...)')(parentDeathSignal, 9);
  // A sandbox may show /proc read-only; the system then chooses for itself.
  ifTold(() => writeFileSync('/proc/self/oom_score_adj', '1000'));
}

/** The variant of the CPU back-end that was loaded, by its file: `haswell` of `libggml-cpu-haswell.so`. */
function kernelVariant(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const match = /libggml-cpu-([a-z0-9_.]+)\.so/.exec(readFileSync('/proc/self/maps', 'utf8'));
  return match?.[1];
}

function openLibrary(order: LoadOrder): NativeLibrary {
  const library = loadLibrary(order.library);
  checkAbi(library, order.library.packageName);
  library.loadBackends();
  library.llama.backendInit();
  return library;
}

function chatRenderer(order: LoadOrder, model: LlamaModel): ChatRenderer | undefined {
  if (order.chatTemplate === undefined) return undefined;
  const { tokenizer } = model;
  const special = { bos: tokenizer.specialText(tokenizer.bos), eos: tokenizer.specialText(tokenizer.eos) };
  try {
    return createChatRenderer(order.chatTemplate, special, order.templateArgs);
  } catch (error) {
    // A template that can't be compiled fails the requests that need it, not the plain ones.
    const reason = error instanceof Error ? error.message : String(error);
    return () => {
      throw new Error(`it can't be compiled: ${reason}`, { cause: error });
    };
  }
}

function describe(model: LlamaModel, contextTokens: number, placement: PlacementPlan): LoadedFacts {
  const kernels = kernelVariant();
  const cpu = ['CPU', kernels].filter((part) => part !== undefined).join(' ');
  return {
    contextTokens,
    trainedContextTokens: model.trainedContextTokens,
    vocabularySize: model.vocabularySize,
    parameters: model.parameters,
    weightsBytes: model.weightsBytes,
    quantisation: model.quantisation,
    canCutSequences: model.canCutSequences,
    devices: [cpu],
    placement,
    buffers: model.buffers,
    kernels,
    libraryVersion: model.library.llama.version(),
  };
}

/** What requests are read with; the marks of thoughts become part of the text. */
function promptReader(order: LoadOrder, model: LlamaModel, contextTokens: number): PromptReader {
  const { tokenizer } = model;
  tokenizer.showMarks(thoughtMarks);
  const closings = new Map<ThoughtShape, Int32Array>();
  return {
    tokenizer,
    renderChat: chatRenderer(order, model),
    contextTokens,
    thinking: order.thinking,
    closing: (shape) => {
      const tokens = closings.get(shape) ?? tokenizer.encodePart(shape.forcedClose);
      closings.set(shape, tokens);
      return tokens;
    },
  };
}

function contextTokensOf(order: LoadOrder, model: LlamaModel): number {
  const contextTokens = order.contextTokens ?? model.trainedContextTokens;
  if (contextTokens <= model.trainedContextTokens) return contextTokens;
  throw new ModelError(
    `${basename(order.file)}: ${contextTokens} context tokens requested, but it was trained with ${model.trainedContextTokens}`,
    { hint: 'Lower the number of context tokens.' },
  );
}

function createContextSource(order: LoadOrder, model: LlamaModel): ContextSource {
  const contextTokens = contextTokensOf(order, model);
  let open: LlamaContext | undefined;
  return {
    model,
    reader: promptReader(order, model, contextTokens),
    now: () => nowMs(order.clockOffsetMs),
    open: (shape: ContextShape) => {
      if (open !== undefined && isSameShape(open.shape, shape)) {
        open.clear();
        return open;
      }
      // Before the new one, so that both are never in memory together.
      open?.free();
      open = undefined;
      open = new LlamaContext(model, shape, order.cache);
      watch?.look();
      report({ type: 'context', buffers: open.buffers });
      return open;
    },
  };
}

function isSameShape(left: ContextShape, right: ContextShape): boolean {
  const names = Object.keys(right) as (keyof ContextShape)[];
  return names.every((name) => left[name] === right[name]);
}

function kindOf(error: PerbenchError): Extract<WorkerReport, { readonly type: 'load-error' }>['kind'] {
  if (error instanceof ModelError) return 'model';
  if (error instanceof EnvironmentError) return 'environment';
  return error instanceof UsageError ? 'usage' : 'engine';
}

interface PlacedModel {
  readonly model: LlamaModel;
  readonly placement: PlacementPlan;
}

function loadModel(order: LoadOrder, library: NativeLibrary, devices: readonly NativeDevice[]): PlacedModel {
  const placement = placeModel(order.placing, order.library, devices);
  return { model: new LlamaModel(library, { file: order.file, threads: order.threads, placement }), placement };
}

function load(order: LoadOrder): PassRunner {
  const library = openLibrary(order);
  watch = new DeviceWatch(() => gpusOf(library.devices()));
  const { model, placement } = loadModel(order, library, watch.before);
  const source = createContextSource(order, model);
  report({ type: 'loaded', facts: describe(model, source.reader.contextTokens, placement) });
  return new PassRunner(source, report);
}

/** Two models, or the same weights twice. */
function loadPair({ base, model }: PairOrder): LossRunner {
  const library = openLibrary(base);
  const first = loadModel(base, library, library.devices());
  // Planned by what the first has left.
  const second = hasSameWeights(base, model) ? first : loadModel(model, library, library.devices());
  requireSameVocabulary(first.model.vocabularySize, second.model.vocabularySize, model.file);
  const contextTokens = Math.min(contextTokensOf(base, first.model), contextTokensOf(model, second.model));
  const sides = [
    { model: first.model, cache: base.cache },
    { model: second.model, cache: model.cache },
  ] as const;
  report({ type: 'loaded', facts: describe(first.model, contextTokens, first.placement) });
  return new LossRunner(promptReader(base, first.model, contextTokens), new LossPass(...sides), report);
}

/** @returns what `start` gives; undefined where it refused, which the parent is told */
function startedBy<Runner>(start: () => Runner): Runner | undefined {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    report({ type: 'load-error', kind: kindOf(error), message: error.message, hint: error.hint });
    return undefined;
  }
}

function tellMemory(startsPeak: boolean): void {
  if (startsPeak) watch?.reset();
  report({ type: 'memory', devices: watch?.look() ?? [] });
}

dieBeforeParent();
let runner: PassRunner | undefined;
let pair: LossRunner | undefined;
process.on('message', (order: WorkerOrder) => {
  if (order.type === 'load') runner = startedBy(() => load(order));
  else if (order.type === 'load-pair') pair = startedBy(() => loadPair(order));
  else if (order.type === 'loss-next') pair?.handle(order);
  else if (order.type === 'memory') tellMemory(order.startsPeak);
  else runner?.handle(order);
});
// The parent is gone, or has closed the model.
process.on('disconnect', () => {
  process.exit(0);
});
