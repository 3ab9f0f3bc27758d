import { EngineError, EnvironmentError, ModelError, UsageError } from '../../core/errors.ts';
import type { LoadedFacts, LoadOrder, PairOrder, WorkerReport } from './worker-messages.ts';
import { WorkerProcess } from './worker-process.ts';

const defaultHangMs = 120_000;

export interface StartOptions {
  /** As messages call it. */
  readonly modelName: string;
  readonly hangMs: number | undefined;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What is made of a process that has loaded its models. */
interface Loaded {
  hear(report: WorkerReport): void;
  /** The process has ended. */
  fail(error: EngineError): void;
}

function toLoadError(report: Extract<WorkerReport, { readonly type: 'load-error' }>): Error {
  const { kind, message, hint } = report;
  if (kind === 'model') return new ModelError(message, { hint });
  if (kind === 'usage') return new UsageError(message, { hint });
  return kind === 'environment' ? new EnvironmentError(message, { hint }) : new EngineError(message, { hint });
}

/**
 * Starts a process and waits until it has loaded what the order says.
 *
 * @throws {ModelError | EnvironmentError | EngineError} as the process refuses it, or ends
 */
export async function startWorker<Made extends Loaded>(
  order: LoadOrder | PairOrder,
  { modelName, hangMs = defaultHangMs, now, signal }: StartOptions,
  make: (worker: WorkerProcess, facts: LoadedFacts) => Made,
): Promise<Made> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadedFacts>();
  let loaded: Made | undefined;
  const worker = new WorkerProcess({
    modelName,
    hangMs,
    now,
    onReport: (report) => {
      if (report.type === 'loaded') resolve(report.facts);
      else if (report.type === 'load-error') reject(toLoadError(report));
      else loaded?.hear(report);
    },
    onFailure: (error) => {
      reject(error);
      loaded?.fail(error);
    },
  });
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    worker.work();
    worker.send(order);
    loaded = make(worker, await promise);
    worker.rest();
    return loaded;
  } catch (error) {
    await worker.stop();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
