import { UsageError } from '../core/errors.ts';

/** `LLAMA_MAX_SEQ` of llama.cpp, compiled into its library: no context opens for more sequences. */
export const llamaMaxConcurrency = 256;

/** Servers queue what they can't decode at once; beyond this a client's own sockets are the limit. */
export const servedMaxConcurrency = 10_000;

/** @throws {UsageError} naming the limit */
export function checkConcurrency(concurrency: number, max: number): void {
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= max) return;
  throw new UsageError(`concurrency must be a whole number from 1 to ${max}, got ${concurrency}`);
}
