import { fork } from 'node:child_process';
import { extname, join } from 'node:path';
import { EngineError } from '../../core/errors.ts';
import type { LibraryLocation } from './library-location.ts';
import type { QuantizeParams } from './native/quantizer.ts';
import { stderrTail } from './stderr-tail.ts';

export interface QuantizeOrder extends QuantizeParams {
  readonly library: LibraryLocation;
}

export interface QuantizedFile {
  readonly tensors: number;
  /** Tensors whose rows don't suit the type, and which got another one: more bits than it is called by, mostly. */
  readonly fallbackTensors: number;
  /** As the library logs it, in MiB with two decimals. */
  readonly weightsBytes: number;
}

export type QuantizeReport =
  | { readonly type: 'tensor'; readonly tensor: number; readonly tensors: number }
  | { readonly type: 'done'; readonly result: QuantizedFile }
  | { readonly type: 'failed'; readonly message: string; readonly hint: string | undefined };

export interface QuantizeOptions {
  readonly signal: AbortSignal;
  /** Hears which tensor of how many is next. */
  readonly onTensor?: ((tensor: number, tensors: number) => void) | undefined;
}

/**
 * Writes a GGUF file in another quantisation, in a process of its own. What is at `output` after an error is nobody's.
 *
 * @throws {EngineError} with the library's reason
 */
export async function quantizeFile(
  order: QuantizeOrder,
  { signal, onTensor }: QuantizeOptions,
): Promise<QuantizedFile> {
  signal.throwIfAborted();
  const child = fork(join(import.meta.dirname, `quantize-worker${extname(import.meta.filename)}`), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const detail = stderrTail(child);
  const { promise, resolve, reject } = Promise.withResolvers<QuantizedFile>();
  const fail = (what: string, hint?: string): void =>
    reject(new EngineError(`${order.input} can't be quantised: ${what}`, { hint, detail: detail() }));
  child.on('message', (message: QuantizeReport) => {
    if (message.type === 'tensor') onTensor?.(message.tensor, message.tensors);
    else if (message.type === 'done') resolve(message.result);
    else fail(message.message, message.hint);
  });
  child.on('error', (error) => fail(error.message));
  child.on('close', (code, killer) =>
    fail(`its process ${killer === null ? `exited with ${code}` : `was killed by ${killer}`}`),
  );
  const onAbort = (): void => {
    reject(signal.reason);
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', onAbort, { once: true });
  child.send(order);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}
