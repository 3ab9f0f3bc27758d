/*
 * The engine's process: one loaded model. It is forked by worker-process.ts, hears WorkerOrder messages and answers
 * with WorkerReport ones. Decodes run on its main thread: a thread of its own for JavaScript would take a core from
 * the library's compute threads, which wait for each other by spinning.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { nowMs } from '../../core/clock.ts';
import { EnvironmentError, ModelError, PerbenchError } from '../../core/errors.ts';
import { dieBeforeParent } from './die-before-parent.ts';
import type { ContextSource } from './engine-pass.ts';
import { checkAbi } from './native/abi.ts';
import { loadLibrary, type NativeLibrary } from './native/library.ts';
import { LlamaContext, type ContextShape } from './native/llama-context.ts';
import { LlamaModel } from './native/llama-model.ts';
import { PassRunner } from './pass-runner.ts';
import type { PromptReader } from './prompts.ts';
import { thoughtMarks, type ThoughtShape } from '../../core/thought-shapes.ts';
import { type ChatRenderer, createChatRenderer } from '../chat-template.ts';
import type { LoadedFacts, LoadOrder, WorkerOrder, WorkerReport } from './worker-messages.ts';

function report(message: WorkerReport): void {
  if (process.connected) process.send?.(message);
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

function describe(order: LoadOrder, model: LlamaModel, contextTokens: number): LoadedFacts {
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
    devices: order.library.device === 'cpu' ? [cpu] : [order.library.device.toUpperCase(), cpu],
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

function createContextSource(order: LoadOrder, model: LlamaModel): ContextSource {
  const contextTokens = order.contextTokens ?? model.trainedContextTokens;
  if (contextTokens > model.trainedContextTokens) {
    throw new ModelError(
      `${basename(order.file)}: ${contextTokens} context tokens requested, but it was trained with ${model.trainedContextTokens}`,
      { hint: 'Lower the number of context tokens.' },
    );
  }
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
      open = new LlamaContext(model, shape);
      const { kvBytes, computeBytes } = open.buffers;
      report({ type: 'context', bytes: { kvBytes, computeBytes } });
      return open;
    },
  };
}

function isSameShape(left: ContextShape, right: ContextShape): boolean {
  const names = Object.keys(right) as (keyof ContextShape)[];
  return names.every((name) => left[name] === right[name]);
}

function load(order: LoadOrder): PassRunner | undefined {
  try {
    const library = openLibrary(order);
    const model = new LlamaModel(library, {
      file: order.file,
      threads: order.threads,
      usesGpu: order.library.device !== 'cpu',
    });
    const source = createContextSource(order, model);
    report({ type: 'loaded', facts: describe(order, model, source.reader.contextTokens) });
    return new PassRunner(source, report);
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    const kind = error instanceof ModelError ? 'model' : error instanceof EnvironmentError ? 'environment' : 'engine';
    report({ type: 'load-error', kind, message: error.message, hint: error.hint });
    return undefined;
  }
}

dieBeforeParent();
let runner: PassRunner | undefined;
process.on('message', (order: WorkerOrder) => {
  if (order.type === 'load') runner = load(order);
  else runner?.handle(order);
});
// The parent is gone, or has closed the model.
process.on('disconnect', () => {
  process.exit(0);
});
