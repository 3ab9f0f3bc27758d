/*
 * The engine's process: one loaded model. It is forked by worker-process.ts, hears WorkerOrder messages and answers
 * with WorkerReport ones. Decodes run on its main thread: a thread of its own for JavaScript would take a core from
 * the library's compute threads, which wait for each other by spinning.
 */
import { basename } from 'node:path';
import { nowMs } from '../../core/clock.ts';
import { EnvironmentError, ModelError, PerbenchError, UsageError } from '../../core/errors.ts';
import type { PlacementPlan } from '../../gguf/plan-placement.ts';
import { dieBeforeParent } from './die-before-parent.ts';
import type { ContextSource } from './engine-pass.ts';
import { loadDraft, type LoadedDraft } from './draft-model.ts';
import { kernelVariant } from './kernel-variant.ts';
import type { NativeLibrary } from './native/library.ts';
import { type ContextShape, LlamaContext } from './native/llama-context.ts';
import { LlamaModel } from './native/llama-model.ts';
import { openLibrary } from './native/open-library.ts';
import { OpenContext } from './open-context.ts';
import { DeviceWatch } from './device-watch.ts';
import { leftBy, placeModel } from './place-model.ts';
import { LossPass } from './loss-pass.ts';
import { LossRunner } from './loss-runner.ts';
import { hasSameWeights, requireSameVocabulary } from './model-pair.ts';
import { gpusOf, type NativeDevice } from './native/native-devices.ts';
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

function chatRenderer(order: LoadOrder, model: LlamaModel): ChatRenderer | undefined {
  if (order.chatTemplate === undefined) return undefined;
  const { tokenizer } = model;
  const special = { bos: tokenizer.tokenText(tokenizer.bos), eos: tokenizer.tokenText(tokenizer.eos) };
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

function describe(
  { model, reader }: Pick<ContextSource, 'model' | 'reader'>,
  draft: LoadedDraft | undefined,
  placement: PlacementPlan,
): LoadedFacts {
  const kernels = kernelVariant();
  const cpu = ['CPU', kernels].filter((part) => part !== undefined).join(' ');
  return {
    contextTokens: reader.contextTokens,
    trainedContextTokens: model.trainedContextTokens,
    vocabularySize: model.vocabularySize,
    parameters: model.parameters,
    weightsBytes: model.weightsBytes,
    quantisation: model.quantisation,
    canCutSequences: model.canCutSequences,
    devices: [cpu],
    placement,
    buffers: [...model.buffers, ...(draft?.model.buffers ?? [])],
    kernels,
    libraryVersion: model.library.llama.version(),
    draft: draft?.facts,
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

function createContextSource(order: LoadOrder, model: LlamaModel, draft: LoadedDraft | undefined): ContextSource {
  const contextTokens = contextTokensOf(order, model);
  const own = new OpenContext((shape) => new LlamaContext(model, shape, order.cache));
  const ofDraft = draft && new OpenContext((shape) => new LlamaContext(draft.model, shape));
  const open = (context: OpenContext, shape: ContextShape): LlamaContext => {
    const opened = context.open(shape);
    watch?.look();
    report({ type: 'context', buffers: [...own.buffers, ...(ofDraft?.buffers ?? [])] });
    return opened;
  };
  return {
    model,
    draft: ofDraft && {
      model: draft.model,
      tokens: draft.facts.tokens,
      open: (shape) => open(ofDraft, shape),
    },
    reader: promptReader(order, model, contextTokens),
    now: () => nowMs(order.clockOffsetMs),
    open: (shape) => {
      ofDraft?.close();
      return open(own, shape);
    },
  };
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
  const library = openLibrary(order.library);
  watch = new DeviceWatch(() => gpusOf(library.devices()));
  // The draft goes first: it is small, and computes the most often.
  const draftPlacement = order.draft && placeModel(order.draft.placing, order.library, watch.before);
  const { model, placement } = loadModel(order, library, leftBy(draftPlacement, watch.before));
  const draft = order.draft && draftPlacement && loadDraft({ model, file: order.file }, order.draft, draftPlacement);
  const source = createContextSource(order, model, draft);
  report({ type: 'loaded', facts: describe(source, draft, placement) });
  return new PassRunner(source, report);
}

/** Two models, or the same weights twice. */
function loadPair({ base, model }: PairOrder): LossRunner {
  const library = openLibrary(base.library);
  const first = loadModel(base, library, library.devices());
  // Planned by what the first has left.
  const second = hasSameWeights(base, model) ? first : loadModel(model, library, library.devices());
  requireSameVocabulary(first.model.vocabularySize, second.model.vocabularySize, model.file);
  const contextTokens = Math.min(contextTokensOf(base, first.model), contextTokensOf(model, second.model));
  const sides = [
    { model: first.model, cache: base.cache },
    { model: second.model, cache: model.cache },
  ] as const;
  const reader = promptReader(base, first.model, contextTokens);
  report({ type: 'loaded', facts: describe({ model: first.model, reader }, undefined, first.placement) });
  return new LossRunner(reader, new LossPass(...sides), report);
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
// Slurm and Ray send it to every process of a job; the parent decides what ends, and when.
process.on('SIGTERM', () => undefined);
// The parent is gone, or has closed the model.
process.on('disconnect', () => {
  process.exit(0);
});
