import { EngineError, ModelError } from '../../core/errors.ts';
import type { PromptStyle, LossResult, LossText, ModelPair } from '../../core/engine.ts';
import { hasSameWeights, requireSameVocabulary } from './model-pair.ts';
import type { Opening } from './opening.ts';
import { type StartOptions, startWorker } from './start-worker.ts';
import type { PairOrder, WorkerReport } from './worker-messages.ts';
import type { WorkerProcess } from './worker-process.ts';

const vocabularyKey = 'tokenizer.ggml.tokens';

interface PairOpening {
  readonly names: string;
  readonly promptStyle: PromptStyle;
  readonly order: PairOrder;
  /** Of both, or once where both have the same weights. */
  readonly weightsBytes: number;
  /** What a GPU takes is known once the process has asked it. */
  readonly isOnCpu: boolean;
}

/**
 * Checks whether two models can be compared in one process, before anything is loaded.
 *
 * @throws {ModelError} if they differ in tokenizer or library
 */
export function preparePair(base: Opening, model: Opening): PairOpening {
  const [sizes, otherSizes] = [base.header.lengths.get(vocabularyKey), model.header.lengths.get(vocabularyKey)];
  if (sizes !== undefined && otherSizes !== undefined) requireSameVocabulary(sizes, otherSizes, model.order.file);
  if (base.header.tokenizerSha256 !== model.header.tokenizerSha256) {
    throw new ModelError(`${model.model.name} has another tokenizer than ${base.model.name}`, {
      hint: 'Compare models that were made from the same one: only distributions over the same tokens can be.',
    });
  }
  const [library, other] = [base.order.library, model.order.library];
  if (library.directory !== other.directory || library.cpuBackend !== other.cpuBackend) {
    throw new ModelError(`${model.model.name} is computed by another library than ${base.model.name}`, {
      hint: 'Set the same device and kernels for both: one process can hold only one of these libraries.',
    });
  }
  const names =
    base.model.name === model.model.name ? base.model.name : `${model.model.name} beside ${base.model.name}`;
  const others = hasSameWeights(base.order, model.order) ? 0 : model.weightsBytes;
  const order: PairOrder = { type: 'load-pair', base: base.order, model: model.order };
  // Metal's library is that of the CPU: the two may be on different devices.
  const isOnCpu = library.device === 'cpu' && other.device === 'cpu';
  return { names, promptStyle: base.promptStyle, order, weightsBytes: base.weightsBytes + others, isOnCpu };
}

/** Starts the process and waits until it has loaded both. */
export function startPair(
  { names, promptStyle, order }: PairOpening,
  options: Omit<StartOptions, 'modelName'>,
): Promise<ModelPair> {
  return startWorker(order, { ...options, modelName: names }, (worker) => new LlamaPair(names, promptStyle, worker));
}

/** Two GGUF models in one process. */
class LlamaPair implements ModelPair {
  readonly promptStyle: PromptStyle;
  readonly #names: string;
  readonly #worker: WorkerProcess;
  #failure: EngineError | undefined;
  #asked: PromiseWithResolvers<LossResult | undefined> | undefined;

  constructor(names: string, promptStyle: PromptStyle, worker: WorkerProcess) {
    this.#names = names;
    this.promptStyle = promptStyle;
    this.#worker = worker;
  }

  async *compare(texts: AsyncIterable<LossText>, signal: AbortSignal): AsyncGenerator<LossResult> {
    for await (const text of texts) {
      let result = await this.#ask(text, signal);
      while (result !== undefined) {
        yield result;
        result = result.status === 'done' ? await this.#ask(undefined, signal) : undefined;
      }
    }
  }

  hear(report: WorkerReport): void {
    if (report.type === 'loss') this.#asked?.resolve(report.result);
    else if (report.type === 'loss-error') {
      const { message, hint } = report;
      this.#asked?.reject(new EngineError(`${this.#names}: ${message}`, { hint }));
    }
  }

  fail(error: EngineError): void {
    this.#failure = error;
    this.#asked?.reject(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop();
  }

  async #ask(text: LossText | undefined, signal: AbortSignal): Promise<LossResult | undefined> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    const asked = Promise.withResolvers<LossResult | undefined>();
    this.#asked = asked;
    const onAbort = (): void => asked.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#worker.work();
    this.#worker.send({ type: 'loss-next', text });
    try {
      return await asked.promise;
    } finally {
      this.#worker.rest();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
